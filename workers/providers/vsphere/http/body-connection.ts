/**
 * One connection that takes the bodies of GET answers straight into memory, one request at a time. Its reads all land in one buffer of
 * its own: with a new buffer for each piece that comes (as streams have it) collecting them costs more than decrypting.
 */
import type { TLSSocket } from "node:tls";
import { AppError } from "../../../../src-core/model/error.ts";
import { type AnswerHead, AnswerReader } from "./answer-reader.ts";

export interface Answer extends AnswerHead {
  /** Bytes of the body, where the status was 206. */
  readonly received: number;
  /** From the request's first byte to the answer's. */
  readonly answeredMs: number;
}

export const READ_BYTES = 256 * 1024;
const ANSWER_MS = 120_000;
const PIECE_MS = 60_000;

interface Request {
  readonly reader: AnswerReader;
  readonly beganAt: number;
  answeredMs: number;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** Why a connection is of no use any more, with a code that says so to `HostDoor.translate`. */
function broken(code: string): Error {
  return Object.assign(new Error("the connection ended"), { code });
}

export class BodyConnection {
  readonly #origin: string;
  #socket: TLSSocket | null = null;
  #request: Request | null = null;
  #ended: unknown = null;
  /** Answers that were taken. */
  answers = 0;

  constructor(origin: string) {
    this.#origin = origin;
  }

  /** For the socket that is about to be made. */
  readonly onread = {
    buffer: Buffer.allocUnsafeSlow(READ_BYTES),
    callback: (bytes: number, buffer: Uint8Array): boolean => {
      this.#take(buffer as Buffer, bytes);
      return true;
    },
  };

  attach(socket: TLSSocket): void {
    this.#socket = socket;
    socket.on("error", (error) => this.#end(error));
    socket.on("end", () => this.#closed());
    socket.on("close", () => this.#end(broken("UND_ERR_SOCKET")));
    socket.on("timeout", () =>
      this.#end(broken(this.#request?.reader.head == null ? "UND_ERR_HEADERS_TIMEOUT" : "UND_ERR_BODY_TIMEOUT")),
    );
  }

  /** Nothing is under way, and the next request may be made. */
  get isFree(): boolean {
    return this.#ended === null && this.#request === null && this.#socket !== null;
  }

  /**
   * @param head request line and headers, with their end
   * @throws what ended the connection; AppError source.protocol, job.canceled
   */
  get(head: string, into: Uint8Array, signal: AbortSignal): Promise<Answer> {
    const socket = this.#socket;
    if (socket === null || this.#ended !== null) return Promise.reject(this.#ended ?? broken("UND_ERR_CLOSED"));
    const stop = () => this.#end(new AppError("job.canceled"));
    signal.addEventListener("abort", stop, { once: true });
    return new Promise<Answer>((resolve, reject) => {
      const reader = new AnswerReader(into, this.#origin);
      this.#request = { reader, beganAt: performance.now(), answeredMs: 0, resolve, reject };
      socket.setTimeout(ANSWER_MS);
      socket.write(head, "latin1");
    }).finally(() => signal.removeEventListener("abort", stop));
  }

  close(): void {
    this.#end(broken("UND_ERR_DESTROYED"));
  }

  #take(buffer: Buffer, bytes: number): void {
    const request = this.#request;
    // Nobody asked: what comes on an idle connection is not for us.
    if (request === null) {
      this.#end(broken("UND_ERR_SOCKET"));
      return;
    }
    const { reader } = request;
    try {
      const wasHead = reader.head === null;
      const reading = reader.take(buffer.subarray(0, bytes));
      if (wasHead && reader.head !== null) {
        request.answeredMs = performance.now() - request.beganAt;
        this.#socket?.setTimeout(PIECE_MS);
      }
      if (reading !== "more") this.#answer(request, reading === "enough" || reader.last);
    } catch (error) {
      this.#end(error);
    }
  }

  /** The other end sends no more. */
  #closed(): void {
    const request = this.#request;
    if (request?.reader.endsWithConnection) this.#answer(request, true);
    else this.#end(broken(request?.reader.head == null ? "UND_ERR_SOCKET" : "UND_ERR_RES_CONTENT_LENGTH_MISMATCH"));
  }

  #answer({ reader, answeredMs, resolve }: Request, last: boolean): void {
    const { head, received } = reader;
    this.#request = null;
    this.answers += 1;
    this.#socket?.setTimeout(0);
    if (last) this.#end(broken("UND_ERR_CLOSED"));
    if (head !== null) resolve({ ...head, received, answeredMs });
  }

  #end(why: unknown): void {
    if (this.#ended !== null) return;
    this.#ended = why;
    this.#socket?.destroy();
    this.#request?.reject(why);
    this.#request = null;
  }
}
