/**
 * How much a caller may ask: a general rate per caller, and a strict one for failed sign-ins.
 *
 * Whoever has a right access token, cookie or one-time code is let in also while failures are locked out: with 256 random bits
 * nobody guesses one, and a noisy neighbour on the same computer must not lock the owner out.
 */
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { AppError } from "../../src-core/model/error.ts";

export interface PortLimits {
  /** Calls per caller in one window, and how long that is. */
  readonly calls: number;
  readonly windowMs: number;
  /** Failed sign-ins (or wrong tokens) per remote address in one minute; then further ones are answered request.rate for `lockMs`. */
  readonly failures: number;
  readonly lockMs: number;
  /** Largest request body, but of calls that take files. */
  readonly bodyBytes: number;
  /** Largest WebSocket message, and request body of calls that take a file of schedules or changes of many. */
  readonly fileBytes: number;
  /** A request's headers, and the whole request, must be here after this long. */
  readonly headersMs: number;
  readonly requestMs: number;
  /** Open connections. */
  readonly connections: number;
}

export const PORT_LIMITS: PortLimits = {
  calls: 3_000,
  windowMs: 10_000,
  failures: 10,
  lockMs: 60_000,
  bodyBytes: 1024 * 1024,
  fileBytes: 40 * 1024 * 1024,
  headersMs: 10_000,
  requestMs: 30_000,
  connections: 512,
};

/** Calls whose body is a file, or may be about all schedules at once. */
const FILE_PATHS: ReadonlySet<string> = new Set(
  ["file", "apply", "what-if", "simulate"].map((call) => `/api/v1/schedules/${call}`),
);
/** A calendar file of the largest size as JSON text. */
const CALENDAR_BYTES = 4 * 1024 * 1024;

/** Largest request body of a path. */
export function bodyLimit(limits: Pick<PortLimits, "bodyBytes" | "fileBytes">, path: string): number {
  if (path === "/api/v1/schedules/blackouts") return Math.max(limits.bodyBytes, CALENDAR_BYTES);
  return FILE_PATHS.has(path) ? limits.fileBytes : limits.bodyBytes;
}

export interface RateGate {
  /** Counts a call of `caller`. @throws AppError request.rate */
  admit(caller: string): Promise<void>;
  /** Counts a failure under `key` (kind and remote address). @throws AppError request.rate once there were too many */
  failed(key: string): Promise<void>;
}

export function createRateGate(limits: PortLimits): RateGate {
  const general = new RateLimiterMemory({ points: limits.calls, duration: limits.windowMs / 1000 });
  const strict = new RateLimiterMemory({
    points: limits.failures,
    duration: 60,
    blockDuration: limits.lockMs / 1000,
  });
  const consume = async (limiter: RateLimiterMemory, key: string, what: string) => {
    try {
      await limiter.consume(key);
    } catch (refusal) {
      throw tooMany(refusal, what);
    }
  };
  return {
    admit: (caller) => consume(general, caller, "Too many requests; slow down."),
    failed: (key) => consume(strict, key, "Too many failed sign-ins."),
  };
}

function tooMany(state: unknown, what: string): AppError {
  if (!(state instanceof RateLimiterRes)) return AppError.from(state);
  const retryAfterMs = Math.max(0, Math.ceil(state.msBeforeNext));
  return new AppError("request.rate", what, { details: { retryAfterMs } });
}
