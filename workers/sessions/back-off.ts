/** When a source that cannot be connected to is tried again. Pure. */
import type { ErrorCode } from "../../src-core/model/error.ts";

const FIRST_MS = 1_000;
const MOST_MS = 60_000;
/** A connection that lasted so long was a good one: the next failure is a first one again. */
export const GOOD_MS = 30_000;

/** Failures that stay until somebody does something: to try a wrong password again and again locks accounts. */
const FOR_PEOPLE: ReadonlySet<ErrorCode> = new Set([
  "source.auth",
  "source.certificate",
  "source.host-key",
  "source.unsupported",
  "source.privilege",
  "vault.unreadable",
]);

/**
 * Milliseconds until the next try; null = not before somebody asks.
 * @param failures in a row, this one included
 * @param random from 0 to 1: spreads many sources over time
 */
export function retryDelay(code: ErrorCode, failures: number, random: number): number | null {
  if (FOR_PEOPLE.has(code)) return null;
  const whole = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 20));
  return Math.round(whole * (0.75 + random / 2));
}
