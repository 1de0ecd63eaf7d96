/** The program itself: what it is, what it can do, its folders, pausing all work, settings and access tokens. */
import { z } from "zod";
import { Bytes, FormatInfo } from "../model/disk.ts";
import { Settings, TokenInfo } from "../model/settings.ts";
import { EngineInfo } from "../model/task.ts";
import { base, failsWith } from "./base.ts";

export const SystemInfo = z
  .object({
    name: z.string(),
    version: z.string(),
    /** How it runs: the desktop window, or the service without one. */
    shell: z.enum(["window", "service"]),
    platform: z.string(),
    nodeVersion: z.string(),
    startedAt: z.iso.datetime(),
    dataFolder: z.string(),
    /** Address of the local port, e.g. "http://127.0.0.1:8080". */
    url: z.string(),
    formats: z.array(FormatInfo),
    engine: EngineInfo,
    workPaused: z.boolean(),
    /** What this shell can do beyond the pages. */
    can: z.object({ pickFolder: z.boolean(), revealFile: z.boolean(), startAtLogin: z.boolean(), tray: z.boolean() }),
  })
  .meta({ id: "SystemInfo" });
export type SystemInfo = z.infer<typeof SystemInfo>;

export const FolderListing = z
  .object({
    path: z.string(),
    parent: z.string().nullable(),
    freeBytes: Bytes.nullable(),
    writable: z.boolean(),
    folders: z.array(z.object({ name: z.string(), path: z.string() })),
    /** True when there were more sub-folders than are listed (limit 1,000). */
    truncated: z.boolean(),
  })
  .meta({ id: "FolderListing" });
export type FolderListing = z.infer<typeof FolderListing>;

/** How good the time left has been: of runs that were neither paused, slowed down nor interrupted. */
export const Calibration = z
  .object({
    /** Newest runs that were looked at. */
    runs: z.number().int().min(0),
    /** How many of them took as long as their first settled range said. */
    within: z.number().int().min(0),
    shorter: z.number().int().min(0),
    longer: z.number().int().min(0),
  })
  .meta({ id: "Calibration" });
export type Calibration = z.infer<typeof Calibration>;

const tags = ["system"];

export const system = {
  info: base
    .route({ method: "GET", path: "/system", tags, summary: "What this program is and can do" })
    .output(SystemInfo),
  pause: base
    .route({ method: "POST", path: "/system/pause", tags, summary: "Pause all work, running tasks included" })
    .output(z.object({ workPaused: z.boolean() })),
  resume: base
    .route({ method: "POST", path: "/system/resume", tags, summary: "Go on with all work" })
    .output(z.object({ workPaused: z.boolean() })),
  calibration: base
    .route({ method: "GET", path: "/system/calibration", tags, summary: "How often the predicted time was right" })
    .output(Calibration),
  /** For choosing a folder where there is no native dialog. */
  folder: base
    .errors(failsWith("path.not-found", "path.not-folder", "path.denied", "io.read"))
    .route({ method: "GET", path: "/system/folder", tags, summary: "The sub-folders of a folder on this computer" })
    .input(z.object({ path: z.string().max(4096).optional().describe("Absolute; left out: the home folder.") }))
    .output(FolderListing),
  pickFolder: base
    .errors(failsWith("shell.unavailable"))
    .route({ method: "POST", path: "/system/pick-folder", tags, summary: "Ask the user for a folder in the window" })
    .output(z.object({ path: z.string().nullable() })),
};

export const settings = {
  get: base.route({ method: "GET", path: "/settings", tags: ["settings"], summary: "All settings" }).output(Settings),
  update: base
    .errors(failsWith("path.not-found", "path.not-folder", "path.denied", "io.read"))
    .route({ method: "PATCH", path: "/settings", tags: ["settings"], summary: "Change settings" })
    .input(Settings.partial())
    .output(Settings),
};

export const tokens = {
  list: base
    .route({ method: "GET", path: "/tokens", tags: ["tokens"], summary: "Access tokens of the local port" })
    .output(z.array(TokenInfo)),
  create: base
    .route({ method: "POST", path: "/tokens", tags: ["tokens"], successStatus: 201, summary: "Make an access token" })
    .input(z.object({ label: z.string().trim().min(1).max(100).describe("What it is for.") }))
    /** The token is told this once and never again. */
    .output(z.object({ token: z.string(), info: TokenInfo })),
  revoke: base
    .errors(failsWith("request.not-found"))
    .route({
      method: "DELETE",
      path: "/tokens/{id}",
      tags: ["tokens"],
      summary: "Revoke an access token",
      description: "Ends what was opened with it. The installation's own is replaced by a new one in the token file.",
    })
    .input(z.object({ id: z.string() }))
    .output(z.object({ revoked: z.literal(true) })),
};

export const session = {
  /** A one-time code (10 minutes) that opens the pages in a browser: GET {url}/#code=CODE. */
  createCode: base
    .route({
      method: "POST",
      path: "/session/code",
      tags: ["session"],
      successStatus: 201,
      summary: "One-time sign-in address",
    })
    .output(z.object({ url: z.string(), expiresAt: z.iso.datetime() })),
};
