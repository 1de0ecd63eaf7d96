/** What must hold at the moment of firing, beyond the time; and what a measurement of it looks like. */
import { z } from "zod";
import { Bytes } from "./disk.ts";

/** What becomes of a run whose condition does not hold: looked at again until its deadline, or skipped. */
const Otherwise = z.enum(["wait", "skip"]).default("wait");

export const Condition = z
  .discriminatedUnion("kind", [
    z.object({
      kind: z.literal("free-space"),
      path: z.string().min(1).max(4096),
      minBytes: Bytes,
      otherwise: Otherwise,
    }),
    z.object({ kind: z.literal("mains"), otherwise: Otherwise }),
    z.object({ kind: z.literal("battery"), minPercent: z.int().min(1).max(100), otherwise: Otherwise }),
    z.object({ kind: z.literal("unmetered"), otherwise: Otherwise }),
    z.object({ kind: z.literal("reachable"), target: z.string().min(1).max(400), otherwise: Otherwise }),
    z.object({
      kind: z.literal("host-load"),
      maxPerCore: z.number().min(0.05).max(64).describe("Load average of the last minute, per core."),
      otherwise: Otherwise,
    }),
  ])
  .meta({ id: "Condition" });
export type Condition = z.infer<typeof Condition>;

/** What was measured for a condition; null: this machine cannot tell. */
export type Reading = number | boolean | null;
