/**
 * A receiver: decrypts and sums up one body at a time on a thread of its own, while whoever wants it decodes what came. Started by
 * receiver.ts through workers/receiver-entry.ts.
 */
import { createHash } from "node:crypto";
import type { MessagePort } from "node:worker_threads";
import { AppError } from "../../../../src-core/model/error.ts";
import { BodyConnections } from "./body-connections.ts";
import {
  type BodyRequest,
  type FromReceiver,
  PIECES_OUT,
  type ToldError,
  type ToReceiver,
} from "./receiver-messages.ts";

/** The request in hand. */
interface Work {
  readonly id: number;
  readonly stop: AbortController;
  /** Pieces that may still go out. */
  credits: number;
  /** Tells that there is one more, or that nobody wants any. */
  changed(): void;
}

/** Serves until its port is closed. Never throws: what goes wrong is answered. */
export function serveReceiver(port: MessagePort): void {
  let work: Work | null = null;
  port.on("message", (message: ToReceiver) => {
    if (message.type === "get") {
      work?.stop.abort();
      work = { id: message.id, stop: new AbortController(), credits: PIECES_OUT, changed() {} };
      void bring(message.request, work, (answer) => port.postMessage(answer));
    } else if (work?.id === message.id) {
      if (message.type === "free") work.credits++;
      else work.stop.abort();
      work.changed();
    }
  });
}

async function bring(request: BodyRequest, work: Work, tell: (message: FromReceiver) => void): Promise<void> {
  const { id, stop } = work;
  const bodies = new BodyConnections(request.origin, request.expected);
  try {
    const { answer, close } = await bodies.stream(request.path, { ...request.headers }, stop.signal);
    const { body, ...head } = answer;
    tell({ type: "answer", id, head });
    if (head.status !== 200) return close();
    const sha1 = createHash("sha1");
    for (;;) {
      while (work.credits === 0 && !stop.signal.aborted) {
        await new Promise<void>((resolve) => {
          work.changed = resolve;
        });
      }
      const { done, value } = await body.next();
      if (done) break;
      sha1.update(value);
      work.credits--;
      tell({ type: "piece", id, bytes: value });
    }
    tell({ type: "end", id, sha1: sha1.digest("hex") });
  } catch (error) {
    tell({ type: "failed", id, error: told(error) });
  } finally {
    bodies.close();
  }
}

function told(error: unknown): ToldError {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  // What undici wraps keeps its cause.
  const cause = error instanceof Error && error.cause instanceof AppError ? error.cause : error;
  return {
    app: cause instanceof AppError ? cause.toData() : null,
    message: error instanceof Error ? error.message : String(error),
    code,
  };
}
