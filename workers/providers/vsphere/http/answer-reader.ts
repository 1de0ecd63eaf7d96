/**
 * The answer to one GET as bytes come in (RFC 9112): head, then a body of stated length, in chunks, or up to the connection's end. The
 * body of a 206 goes straight into memory that is there already; others are passed over.
 */
import { AppError } from "../../../../src-core/model/error.ts";

/** Of an answer, or of chunk lines and trailers. */
const MOST_HEAD_BYTES = 64 * 1024;
/** Of a body that is no data; what is longer costs the connection. */
const MOST_PASSED_OVER_BYTES = 64 * 1024;
const END_OF_LINE = Buffer.from("\r\n");
const END_OF_HEAD = Buffer.from("\r\n\r\n");

export interface AnswerHead {
  readonly status: number;
  readonly contentRange: string | null;
  readonly retryAfterMs: number;
}

/** more: not whole yet; whole: the connection may be used again, unless `last`; enough: all is known, the connection is to be cut. */
export type Reading = "more" | "whole" | "enough";

type Body =
  | { readonly kind: "length"; left: number }
  | { readonly kind: "chunks"; left: number; at: "size" | "data" | "data-end" | "trailer" }
  | { readonly kind: "rest" };

export class AnswerReader {
  /** Null before it came. */
  head: AnswerHead | null = null;
  /** Bytes of data that came. */
  received = 0;
  /** No further request can be made on this connection. */
  last = false;
  readonly #origin: string;
  readonly #into: Uint8Array;
  /** What came of a head, a chunk's size or a trailer. */
  readonly #text = Buffer.allocUnsafe(MOST_HEAD_BYTES);
  #textBytes = 0;
  #body: Body | null = null;
  #passedOver = 0;

  /** @param into for the body of a 206. @param origin what errors call the server */
  constructor(into: Uint8Array, origin: string) {
    this.#into = into;
    this.#origin = origin;
  }

  /** @throws AppError source.protocol */
  take(bytes: Buffer): Reading {
    let at = 0;
    while (at < bytes.length) {
      if (this.#body === null) {
        const text = this.#line(bytes.subarray(at), END_OF_HEAD);
        at += text.taken;
        if (text.line === null) return "more";
        this.#readHead(text.line);
        if (this.#isWhole()) return this.#end(bytes.length - at);
        continue;
      }
      if (this.#body.kind === "chunks" && this.#body.at !== "data") {
        const text = this.#line(bytes.subarray(at), END_OF_LINE);
        at += text.taken;
        if (text.line === null) return "more";
        if (this.#chunkLine(this.#body, text.line)) return this.#end(bytes.length - at);
        continue;
      }
      const most = this.#body.kind === "rest" ? bytes.length - at : Math.min(this.#body.left, bytes.length - at);
      if (!this.#store(bytes.subarray(at, at + most))) return "enough";
      at += most;
      if (this.#body.kind === "rest") continue;
      this.#body.left -= most;
      if (this.#body.kind === "chunks" && this.#body.left === 0) this.#body.at = "data-end";
      if (this.#isWhole()) return this.#end(bytes.length - at);
    }
    return "more";
  }

  /** Whether the connection's end is the answer's. */
  get endsWithConnection(): boolean {
    return this.#body?.kind === "rest";
  }

  #isWhole(): boolean {
    return this.#body?.kind === "length" && this.#body.left === 0;
  }

  /** Bytes behind the answer were not asked for: whoever sends them cannot be followed. */
  #end(behind: number): Reading {
    if (behind > 0) this.last = true;
    return "whole";
  }

  /** @returns the line or head without its end, null while it is not whole */
  #line(bytes: Buffer, end: Buffer): { readonly line: string | null; readonly taken: number } {
    const before = this.#textBytes;
    const added = bytes.copy(this.#text, before);
    this.#textBytes += added;
    // The end may have begun in what came before.
    const found = this.#text.subarray(0, this.#textBytes).indexOf(end, Math.max(0, before - end.length + 1));
    if (found < 0) {
      if (this.#textBytes < MOST_HEAD_BYTES) return { line: null, taken: added };
      const said = `${this.#origin} answers with a head of more than ${MOST_HEAD_BYTES} bytes`;
      throw new AppError("source.protocol", said);
    }
    this.#textBytes = 0;
    return { line: this.#text.toString("latin1", 0, found), taken: found + end.length - before };
  }

  #readHead(text: string): void {
    const [first = "", ...lines] = text.split("\r\n");
    const started = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: |$)/.exec(first);
    if (started === null)
      throw new AppError("source.protocol", `what answers at ${this.#origin} does not speak HTTP as it should`);
    const status = Number(started[2]);
    // "100 Continue": the answer itself follows.
    if (status < 200) return;
    const headers = new Map<string, string>();
    for (const line of lines) {
      const colon = line.indexOf(":");
      const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase();
      // Two lengths are how answers are smuggled.
      if (name === "content-length" && headers.has(name)) {
        throw new AppError("source.protocol", `${this.#origin} tells two lengths of one answer`);
      }
      headers.set(name, line.slice(colon + 1).trim());
    }
    const connection = headers.get("connection")?.toLowerCase() ?? "";
    this.last = connection.includes("close") || (started[1] === "0" && !connection.includes("keep-alive"));
    const retryAfterMs = Number(headers.get("retry-after") ?? 0) * 1000 || 0;
    this.head = { status, contentRange: headers.get("content-range") ?? null, retryAfterMs };
    this.#body = this.#bodyOf(status, headers);
  }

  #bodyOf(status: number, headers: ReadonlyMap<string, string>): Body {
    if (status === 204 || status === 304) return { kind: "length", left: 0 };
    const coding = headers.get("transfer-encoding")?.toLowerCase();
    if (coding === "chunked") return { kind: "chunks", left: 0, at: "size" };
    const length = headers.get("content-length");
    if (coding === undefined && length === undefined) return { kind: "rest" };
    if (coding !== undefined || !/^\d{1,15}$/.test(length ?? "")) {
      throw new AppError("source.protocol", `${this.#origin} sends a body whose length cannot be told`);
    }
    return { kind: "length", left: Number(length) };
  }

  /** @returns whether it was the last */
  #chunkLine(body: Extract<Body, { kind: "chunks" }>, line: string): boolean {
    if (body.at === "trailer") return line === "";
    if (body.at === "data-end") {
      if (line !== "")
        throw new AppError("source.protocol", `${this.#origin} sends a chunk that is longer than it says`);
      body.at = "size";
      return false;
    }
    const size = /^([0-9a-f]{1,12})\s*(?:;|$)/i.exec(line)?.[1];
    if (size === undefined) throw new AppError("source.protocol", `${this.#origin} sends a chunk without a size`);
    body.left = Number.parseInt(size, 16);
    body.at = body.left === 0 ? "trailer" : "data";
    return false;
  }

  /** @returns false: more than anybody wants to read. @throws AppError source.protocol for more data than was asked for */
  #store(bytes: Buffer): boolean {
    if (this.head?.status !== 206) {
      this.#passedOver += bytes.length;
      return this.#passedOver <= MOST_PASSED_OVER_BYTES;
    }
    if (this.received + bytes.length > this.#into.length) {
      throw new AppError("source.protocol", `${this.#origin} sends more than was asked for`);
    }
    this.#into.set(bytes, this.received);
    this.received += bytes.length;
    return true;
  }
}
