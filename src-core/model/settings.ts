/** What the user can set, and the access tokens of the local port. */
import { z } from "zod";
import { VerifyMode } from "./task.ts";

/**
 * `group` is one ("datastore:src1/ds1", "nightly") or, with a colon at its end, each of a kind ("host:"). The kinds are machine, host,
 * datastore, source and target; what has no limit is not held back.
 */
export const GroupLimits = z
  .array(z.object({ group: z.string().trim().min(1).max(400), most: z.number().int().min(1).max(1_000) }))
  .max(1_000);
export type GroupLimits = z.infer<typeof GroupLimits>;

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
    /** How much may work at once in groups of machines, hosts, datastores, sources, targets and named ones. */
    groupLimits: GroupLimits,
    /** Waiting this long is worth one step of priority, so that nothing waits for ever. */
    ageEveryMs: z.number().int().min(1_000).max(86_400_000),
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
  // Two exports of one machine at once would fight for its snapshot.
  groupLimits: [{ group: "machine:", most: 1 }],
  ageEveryMs: 300_000,
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
