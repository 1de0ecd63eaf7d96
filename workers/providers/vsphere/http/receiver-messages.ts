/**
 * What a receiver (a thread that brings the body of one answer at a time) and the thread that started it say to each other. Both ends
 * are this program's own and start together, so nothing is parsed again.
 */
import type { AppErrorData } from "../../../../src-core/model/error.ts";
import type { AnswerHead } from "./answer-reader.ts";
import type { Expected } from "./trust.ts";

/** Pieces that are out at once: one of which the end may still be lent, one that is read from, one held back, two on their way. */
export const PIECES_OUT = 5;

/** A GET of a whole body. Its headers may hold a cookie: they go nowhere else. */
export interface BodyRequest {
  /** `https://host[:port]`. */
  readonly origin: string;
  readonly expected: Expected;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

export type ToReceiver =
  /** Only after the one before has ended or was closed. */
  | { readonly type: "get"; readonly id: number; readonly request: BodyRequest }
  /** A piece is not needed any more. */
  | { readonly type: "free"; readonly id: number }
  /** Nobody wants the rest. */
  | { readonly type: "close"; readonly id: number };

/** `id` is that of the request. */
export type FromReceiver =
  | { readonly type: "answer"; readonly id: number; readonly head: AnswerHead }
  /** In memory that both threads see, until it is freed. */
  | { readonly type: "piece"; readonly id: number; readonly bytes: Uint8Array }
  /** All came. @see sha1 of all of it, hex */
  | { readonly type: "end"; readonly id: number; readonly sha1: string }
  | { readonly type: "failed"; readonly id: number; readonly error: ToldError };

/** An error as it goes from thread to thread: what it is translated by is kept (HostDoor.translate). */
export interface ToldError {
  readonly app: AppErrorData | null;
  readonly message: string;
  readonly code: string;
}
