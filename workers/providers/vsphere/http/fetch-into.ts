/** A GET whose body goes straight into memory that is there already: no stream, no copy in between. */
import type { Dispatcher } from "undici";
import { AppError } from "../../../../src-core/model/error.ts";
import type { HostDoor } from "./host-door.ts";

export interface Answer {
  readonly status: number;
  readonly contentRange: string | null;
  /** Bytes of the body, where the status was 206. */
  readonly received: number;
  readonly retryAfterMs: number;
  /** From the request's first byte to the answer's. */
  readonly answeredMs: number;
}

const ANSWER_MS = 120_000;
const PIECE_MS = 60_000;
/** Of a body that is no data; what is longer costs the connection. */
const MOST_IGNORED_BYTES = 64 * 1024;

/** Thrown into a request that told all it had to. */
class Enough extends Error {}

/**
 * The body of a 206 is put into `into`; bodies of other answers are not looked at. More bytes than there is room for are never taken.
 * @throws what undici throws; AppError source.protocol for a body that is too long; job.canceled
 */
export function fetchInto(
  door: HostDoor,
  path: string,
  headers: Record<string, string>,
  into: Uint8Array,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new AppError("job.canceled"));
    let status = 0;
    let contentRange: string | null = null;
    let retryAfterMs = 0;
    let received = 0;
    let ignored = 0;
    let beganAt = 0;
    let answeredMs = 0;
    let begun: Dispatcher.DispatchController | null = null;
    const stop = () => begun?.abort(new AppError("job.canceled"));
    const answer = (): Answer => ({ status, contentRange, received, retryAfterMs, answeredMs });
    signal.addEventListener("abort", stop, { once: true });
    const end = () => signal.removeEventListener("abort", stop);
    door.dispatcher.dispatch(
      { path, method: "GET", headers, headersTimeout: ANSWER_MS, bodyTimeout: PIECE_MS },
      {
        onRequestStart(controller) {
          begun = controller;
          beganAt = performance.now();
          if (signal.aborted) stop();
        },
        onResponseStart(controller, statusCode, got) {
          status = statusCode;
          answeredMs = performance.now() - beganAt;
          contentRange = text(got["content-range"]);
          retryAfterMs = Number(text(got["retry-after"])) * 1000 || 0;
          const length = Number(text(got["content-length"]) ?? 0);
          // Data of a wrong answer is not waited for.
          if (statusCode !== 206 && length > MOST_IGNORED_BYTES) controller.abort(new Enough());
        },
        onResponseData(controller, chunk) {
          if (status !== 206) {
            ignored += chunk.length;
            if (ignored > MOST_IGNORED_BYTES) controller.abort(new Enough());
            return;
          }
          if (received + chunk.length > into.length) {
            controller.abort(new AppError("source.protocol", `${door.origin} sends more than was asked for`));
            return;
          }
          into.set(chunk, received);
          received += chunk.length;
        },
        onResponseEnd() {
          end();
          resolve(answer());
        },
        onResponseError(_, error) {
          end();
          if (error instanceof Enough) resolve(answer());
          else reject(error);
        },
      },
    );
  });
}

function text(header: string | string[] | undefined): string | null {
  return typeof header === "string" ? header : null;
}
