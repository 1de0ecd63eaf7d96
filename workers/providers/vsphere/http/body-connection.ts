/**
 * One connection that takes the bodies of GET answers straight into memory, one request at a time. Its reads all land in one buffer of
 * its own: with a new buffer for each piece that comes (as streams have it) collecting them costs more than decrypting.
 */
import type { TLSSocket } from "node:tls";
import { AppError } from "../../../../src-core/model/error.ts";
import { type AnswerHead, AnswerReader } from "./answer-reader.ts";
import { BodyStream } from "./body-stream.ts";

export interface Answer extends AnswerHead {
  /** Bytes of the body, where the status was 206. */
  readonly received: number;
  /** From the request's first byte to the answer's. */
  readonly answeredMs: number;
}

/** The answer to a request for a whole body. */
export interface StreamedAnswer extends AnswerHead {
  /** Of a 200; of another status nothing comes. */
  readonly body: BodyStream;
}

export const READ_BYTES = 256 * 1024;
const ANSWER_MS = 120_000;
const PIECE_MS = 60_000;
/** A host that packs a large empty part sends nothing for a while. */
const STREAM_PIECE_MS = 300_000;

interface Request {
  readonly reader: AnswerReader;
  readonly pieceMs: number;
  /** Its head is there. */
  answered(head: AnswerHead): void;
  /** All of it came. */
  whole(head: AnswerHead, received: number): void;
  failed(error: unknown): void;
  /** Whether more of the body may be brought. */
  hasRoom(): boolean;
}

/** Why a connection is of no use any more, with a code that says so to `HostDoor.translate`. */
function broken(code: string): Error {
  return Object.assign(new Error("the connection ended"), { code });
}

export class BodyConnection {
  readonly #origin: string;
  readonly #over: () => void;
  #socket: TLSSocket | null = null;
  #request: Request | null = null;
  #ended: unknown = null;
  /** It was of use once: until then it is its maker's. */
  #answered = false;

  /** @param over told once it is of no use any more */
  constructor(origin: string, over: () => void) {
    this.#origin = origin;
    this.#over = over;
  }

  /** For the socket that is about to be made. */
  readonly onread = {
    buffer: Buffer.allocUnsafeSlow(READ_BYTES),
    callback: (bytes: number, buffer: Uint8Array): boolean => this.#take((buffer as Buffer).subarray(0, bytes)),
  };

  attach(socket: TLSSocket): void {
    this.#socket = socket;
    socket.on("error", (error) => this.#end(error));
    socket.on("end", () => this.#closed());
    socket.on("close", () => this.#end(broken("UND_ERR_SOCKET")));
    socket.on("timeout", () => {
      const request = this.#request;
      // Nothing came because nothing was taken: a job may be paused for long.
      if (request !== null && !request.hasRoom()) socket.setTimeout(request.pieceMs);
      else this.#end(broken(request?.reader.head == null ? "UND_ERR_HEADERS_TIMEOUT" : "UND_ERR_BODY_TIMEOUT"));
    });
  }

  /** Nothing is under way, and the next request may be made. */
  get isFree(): boolean {
    return this.#ended === null && this.#request === null && this.#answered;
  }

  /**
   * Gets the body of a 206 into memory.
   * @param head request line and headers, with their end
   * @throws what ended the connection; AppError source.protocol, job.canceled
   */
  get(head: string, into: Uint8Array, signal: AbortSignal): Promise<Answer> {
    const sink = { status: 206, mostBytes: into.length, take: (bytes: Buffer, at: number) => into.set(bytes, at) };
    const beganAt = performance.now();
    let answeredMs = 0;
    return new Promise<Answer>((resolve, reject) =>
      this.#ask(head, signal, {
        reader: new AnswerReader(sink, this.#origin),
        pieceMs: PIECE_MS,
        answered() {
          answeredMs = performance.now() - beganAt;
        },
        whole: (answer, received) => resolve({ ...answer, received, answeredMs }),
        failed: reject,
        hasRoom: () => true,
      }),
    );
  }

  /**
   * Gets the body of a 200 as it comes. The connection is for this one answer: `close` it.
   * @throws as `get`; what happens later is thrown by the body
   */
  stream(head: string, signal: AbortSignal): Promise<StreamedAnswer> {
    const body = new BodyStream(READ_BYTES, () => this.#socket?.resume());
    const take = (bytes: Buffer) => body.take(bytes);
    return new Promise<StreamedAnswer>((resolve, reject) =>
      this.#ask(head, signal, {
        reader: new AnswerReader({ status: 200, mostBytes: Number.POSITIVE_INFINITY, take }, this.#origin),
        pieceMs: STREAM_PIECE_MS,
        answered: (answer) => resolve({ ...answer, body }),
        whole: () => body.end(null),
        failed(error) {
          body.end(error);
          // Who has the head already hears it from the body.
          reject(error);
        },
        hasRoom: () => body.hasRoom,
      }),
    );
  }

  #ask(head: string, signal: AbortSignal, request: Request): void {
    const socket = this.#socket;
    if (socket === null || this.#ended !== null) {
      request.failed(this.#ended ?? broken("UND_ERR_CLOSED"));
      return;
    }
    const stop = () => this.#end(new AppError("job.canceled"));
    const over = () => signal.removeEventListener("abort", stop);
    signal.addEventListener("abort", stop, { once: true });
    this.#request = {
      ...request,
      whole(...answer) {
        over();
        request.whole(...answer);
      },
      failed(error) {
        over();
        request.failed(error);
      },
    };
    socket.setTimeout(ANSWER_MS);
    socket.write(head, "latin1");
  }

  close(): void {
    this.#end(broken("UND_ERR_DESTROYED"));
  }

  /** @returns whether more may come */
  #take(bytes: Buffer): boolean {
    const request = this.#request;
    // Nobody asked: what comes on an idle connection is not for us.
    if (request === null) {
      this.#end(broken("UND_ERR_SOCKET"));
      return true;
    }
    const { reader } = request;
    try {
      const wasHead = reader.head === null;
      const reading = reader.take(bytes);
      if (wasHead && reader.head !== null) {
        this.#socket?.setTimeout(request.pieceMs);
        request.answered(reader.head);
      }
      if (reading !== "more") this.#answer(request, reading === "enough" || reader.last);
    } catch (error) {
      this.#end(error);
    }
    return request.hasRoom();
  }

  /** The other end sends no more. */
  #closed(): void {
    const request = this.#request;
    if (request?.reader.endsWithConnection) this.#answer(request, true);
    else this.#end(broken(request?.reader.head == null ? "UND_ERR_SOCKET" : "UND_ERR_RES_CONTENT_LENGTH_MISMATCH"));
  }

  #answer({ reader, whole }: Request, last: boolean): void {
    const { head, received } = reader;
    this.#request = null;
    this.#answered = true;
    this.#socket?.setTimeout(0);
    if (last) this.#end(broken("UND_ERR_CLOSED"));
    if (head !== null) whole(head, received);
  }

  #end(why: unknown): void {
    if (this.#ended !== null) return;
    this.#ended = why;
    this.#socket?.destroy();
    this.#request?.failed(why);
    this.#request = null;
    this.#over();
  }
}
