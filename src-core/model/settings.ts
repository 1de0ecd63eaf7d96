/** What the user can set, and the access tokens of the local port. */
import { z } from "zod";
import { VerifyMode } from "./task.ts";

export const Settings = z
  .object({
    /** Tasks that may run at the same time. */
    concurrency: z.number().int().min(1).max(16),
    /** Open hidden in the tray when the user logs in (window only). */
    startAtLogin: z.boolean(),
    /** Closing the window keeps the program in the tray (window only). */
    closeToTray: z.boolean(),
    notifyOnSuccess: z.boolean(),
    notifyOnFailure: z.boolean(),
    /** Proposed for new conversions; null = beside the source. */
    defaultTargetFolder: z.string().nullable(),
    defaultVerify: VerifyMode,
  })
  .meta({ id: "Settings" });
export type Settings = z.infer<typeof Settings>;

export const DEFAULT_SETTINGS: Settings = {
  concurrency: 2,
  startAtLogin: false,
  closeToTray: true,
  notifyOnSuccess: true,
  notifyOnFailure: true,
  defaultTargetFolder: null,
  defaultVerify: { mode: "full" },
};

/** An access token as lists show it: never the token itself. */
export const TokenInfo = z
  .object({
    id: z.string(),
    label: z.string(),
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().nullable(),
    /** The installation's own token, in the token file; revoking it makes a new one. */
    builtIn: z.boolean(),
  })
  .meta({ id: "TokenInfo" });
export type TokenInfo = z.infer<typeof TokenInfo>;
