/** How often and when work that failed is tried again. */
import { z } from "zod";

/**
 * What kind of failure an error is. transient: may pass by itself; capacity: something is full or busy; auth: somebody must let the
 * program in; integrity: data is not what it should be; permanent: the same again would fail the same way.
 */
export const ErrorClass = z.enum(["transient", "capacity", "auth", "integrity", "permanent"]);
export type ErrorClass = z.infer<typeof ErrorClass>;

export const MAX_ATTEMPTS = 10;
const LONGEST_DELAY_MS = 7 * 86_400_000;

export const RetryPolicy = z
  .object({
    attempts: z.int().min(1).max(MAX_ATTEMPTS).default(3).describe("With the first one; 1: never again."),
    backoff: z.enum(["linear", "exponential", "fibonacci"]).default("exponential"),
    initialMs: z.int().min(1_000).max(LONGEST_DELAY_MS).default(60_000),
    capMs: z.int().min(1_000).max(LONGEST_DELAY_MS).default(3_600_000),
    jitter: z.number().min(0).max(1).default(0).describe("Share of a delay that chance may take off it."),
    /** Auth and integrity cannot be asked for: trying again without anybody looking does harm there. */
    classes: z
      .array(z.enum(["transient", "capacity"]))
      .max(2)
      .default(["transient", "capacity"]),
  })
  .refine(({ initialMs, capMs }) => initialMs <= capMs, {
    path: ["capMs"],
    message: "The longest delay is shorter than the first.",
  })
  .meta({ id: "RetryPolicy" });
export type RetryPolicy = z.infer<typeof RetryPolicy>;
