/** A ProviderContext for tests: a secret, and what was logged. */
import { setTimeout as wait } from "node:timers/promises";
import { AppError } from "../../../src-core/model/error.ts";
import type { ProviderContext, SourceSecret } from "../provider.ts";

/** @param logged what the provider logs goes here */
export function testContext(
  secret: SourceSecret,
  logged: string[],
  signal: AbortSignal = new AbortController().signal,
): ProviderContext {
  return {
    signal,
    secret: async () => secret,
    log: (level, message) => logged.push(`${level}: ${message}`),
    now: () => performance.now(),
    async sleep(ms) {
      try {
        await wait(ms, undefined, { signal });
      } catch {
        throw new AppError("job.canceled");
      }
    },
  };
}
