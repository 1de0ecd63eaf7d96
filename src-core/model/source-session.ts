/**
 * What main and the thread of a source say to each other (src-main/sources/session-thread.ts, workers/sessions/session.ts). Secrets
 * go to the thread in answer to its question only.
 */
import { z } from "zod";
import type { AppErrorData as ErrorData } from "./error.ts";
import { AppErrorData } from "./error-data.ts";
import { InventoryChange, MachineDetail } from "./inventory.ts";
import { INVENTORY_COUNT } from "./inventory-limits.ts";
import { Capabilities, Leftover, ProbeCheck, type SourceConfig, type SourceSecret } from "./source.ts";

/** Something asked of a connected source, and what it is answered by. */
export type SourceCall =
  | { readonly kind: "machine"; readonly machineId: string }
  | { readonly kind: "power"; readonly machineId: string; readonly action: "on" | "off" | "shutdown" }
  | {
      readonly kind: "create-snapshot";
      readonly machineId: string;
      readonly name: string;
      readonly description: string;
      readonly quiesce: boolean;
      readonly memory: boolean;
    }
  | { readonly kind: "remove-snapshot" | "revert-snapshot"; readonly machineId: string; readonly snapshotId: string }
  | { readonly kind: "leftovers" }
  | { readonly kind: "remove-leftover"; readonly leftover: Leftover }
  | { readonly kind: "test" };

/** Schemas of the answers. */
export const SOURCE_ANSWERS = {
  machine: MachineDetail,
  power: z.null(),
  "create-snapshot": z.string().min(1).max(1024),
  "remove-snapshot": z.null(),
  "revert-snapshot": z.null(),
  leftovers: z.array(Leftover).max(10_000),
  "remove-leftover": z.null(),
  test: z.array(ProbeCheck).max(200),
} as const satisfies Record<SourceCall["kind"], z.ZodType>;
export type SourceAnswer<K extends SourceCall["kind"]> = z.infer<(typeof SOURCE_ANSWERS)[K]>;

export type ToSession =
  /** First of all. once: connect, test, end; nothing is read or tried again. */
  | { readonly type: "start"; readonly config: SourceConfig; readonly once: boolean }
  | { readonly type: "call"; readonly id: number; readonly call: SourceCall }
  | { readonly type: "cancel"; readonly id: number }
  | { readonly type: "secret"; readonly id: number; readonly secret: SourceSecret }
  | { readonly type: "no-secret"; readonly id: number; readonly error: ErrorData }
  /** One batch of changes was taken in. */
  | { readonly type: "taken" }
  /** Try to connect now instead of later. */
  | { readonly type: "retry" }
  | { readonly type: "stop" };

export const FromSession = z.discriminatedUnion("type", [
  z.object({ type: z.literal("connecting") }),
  z.object({ type: z.literal("connected"), capabilities: Capabilities }),
  /** Not connected. retryInMs: when it is tried again; null = not before `retry`. */
  z.object({ type: z.literal("failed"), error: AppErrorData, retryInMs: z.number().nullable() }),
  z.object({ type: z.literal("changes"), changes: z.array(InventoryChange).max(INVENTORY_COUNT.batch) }),
  z.object({ type: z.literal("answer"), id: z.number(), result: z.unknown() }),
  z.object({ type: z.literal("refused"), id: z.number(), error: AppErrorData }),
  z.object({ type: z.literal("secret-wanted"), id: z.number() }),
  z.object({ type: z.literal("log"), level: z.enum(["info", "warning", "error"]), message: z.string() }),
  /** Of a session that runs once: its last word. */
  z.object({
    type: z.literal("tested"),
    error: AppErrorData.nullable(),
    capabilities: Capabilities.nullable(),
    checks: z.array(ProbeCheck).max(200),
  }),
]);
export type FromSession = z.infer<typeof FromSession>;
