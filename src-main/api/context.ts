/** What a call is handed beside its input: who calls, the services, and the gate of the rate limit. */
import type { EventHub } from "../jobs/event-hub.ts";
import type { Log } from "../log/log.ts";
import type { ConversionsService } from "../services/conversions.ts";
import type { CostService } from "../services/cost.ts";
import type { DisksService } from "../services/disks.ts";
import type { ExportSizeService } from "../services/export-size.ts";
import type { ExportsService } from "../services/exports.ts";
import type { InventoryService } from "../services/inventory.ts";
import type { JobsService } from "../services/jobs.ts";
import type { LibrariesService } from "../services/libraries.ts";
import type { RunsService } from "../services/runs.ts";
import type { ScheduledRunsService } from "../services/scheduled-runs.ts";
import type { SchedulesService } from "../services/schedules.ts";
import type { SessionsService } from "../services/sessions.ts";
import type { SettingsService } from "../services/settings.ts";
import type { SourcesService } from "../services/sources.ts";
import type { SystemService } from "../services/system.ts";
import type { TokensService } from "../services/tokens.ts";

/** Who made a call, for the audit log and for ending their connections. */
export interface Caller {
  /** The window of this program, a signed-in browser, or the holder of an access token. */
  readonly kind: "window" | "browser" | "token";
  /** Id of the token or session; "window" for the window. */
  readonly id: string;
}

export interface Services {
  readonly system: SystemService;
  readonly settings: SettingsService;
  readonly tokens: TokensService;
  readonly sessions: SessionsService;
  readonly libraries: LibrariesService;
  readonly disks: DisksService;
  readonly conversions: ConversionsService;
  readonly jobs: JobsService;
  readonly runs: RunsService;
  readonly sources: SourcesService;
  readonly inventory: InventoryService;
  readonly exports: ExportsService;
  readonly cost: CostService;
  readonly schedules: SchedulesService;
  readonly scheduledRuns: ScheduledRunsService;
  readonly exportSize: ExportSizeService;
  readonly hub: EventHub;
  readonly log: Log;
  /** The page's address with a one-time code, and when the code expires. */
  signInUrl(): { url: string; expiresAt: string };
}

export interface ApiContext {
  readonly caller: Caller;
  readonly services: Services;
  /** Counts the call against the caller's limit. @throws AppError request.rate */
  admit(): Promise<void>;
  /** Id of the last event seen, from the query `?after=`; the header Last-Event-ID goes before it. */
  readonly after?: string | undefined;
}
