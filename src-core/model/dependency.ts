/** What runs after what: edges between schedules. */
import { z } from "zod";

/** How the work that an edge comes from must have ended. `success` includes one with warnings; `either`: ended, but was not skipped. */
export const EdgeCondition = z.enum(["success", "warning", "failure", "either"]);
export type EdgeCondition = z.infer<typeof EdgeCondition>;

/** How work ended, as those see it that come after; null: not yet. */
export const ParentOutcome = z.enum(["succeeded", "warned", "failed", "canceled", "skipped"]);
export type ParentOutcome = z.infer<typeof ParentOutcome>;

const LONGEST_TIMEOUT_MS = 30 * 86_400_000;

export const Dependency = z
  .object({
    parentId: z.string().min(1).max(64),
    on: EdgeCondition.default("success"),
    /** `firing`: the parent's run of the same firing of the graph. `today`: its run of the same day in the child's zone. */
    run: z.enum(["firing", "today"]).default("firing"),
    timeoutMs: z.int().min(1_000).max(LONGEST_TIMEOUT_MS).nullable().default(null).describe("null: waits for ever."),
  })
  .meta({ id: "Dependency" });
export type Dependency = z.infer<typeof Dependency>;

/** Whether all parents must agree or one is enough. */
export const Join = z.enum(["all", "any"]);
export type Join = z.infer<typeof Join>;
