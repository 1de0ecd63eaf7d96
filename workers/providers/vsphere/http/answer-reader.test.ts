import { expect, it } from "vitest";
import { AppError } from "../../../../src-core/model/error.ts";
import { AnswerReader, type Reading } from "./answer-reader.ts";

const BODY = Buffer.from(Array.from({ length: 300 }, (_, n) => n & 0xff));
const LENGTH = `HTTP/1.1 206 Partial Content\r\nContent-Length: 300\r\nContent-Range: bytes 0-299/900\r\n\r\n`;

/** Feeds an answer in pieces of `step` bytes. */
function feed(answer: Buffer, step = answer.length, room = 300) {
  const into = new Uint8Array(room);
  const reader = new AnswerReader(into, "https://esx");
  let reading: Reading = "more";
  let at = 0;
  for (; at < answer.length && reading === "more"; at += step) reading = reader.take(answer.subarray(at, at + step));
  return { reader, reading, data: Buffer.from(into.subarray(0, reader.received)) };
}

/** In chunks of the sizes given, with an extension and a trailer. */
function chunked(...sizes: number[]): Buffer {
  const parts: Buffer[] = [Buffer.from("HTTP/1.1 206 OK\r\ntransfer-encoding: chunked\r\n\r\n")];
  let at = 0;
  for (const size of sizes) {
    parts.push(Buffer.from(`${size.toString(16)};a=b\r\n`), BODY.subarray(at, at + size), Buffer.from("\r\n"));
    at += size;
  }
  return Buffer.concat([...parts, Buffer.from("0\r\nx: y\r\n\r\n")]);
}

it.each([1, 2, 3, 7, 50, 10_000])("takes answers in pieces of %i bytes", (step) => {
  const continued = "HTTP/1.1 100 Continue\r\n\r\n";
  for (const answer of [
    Buffer.concat([Buffer.from(LENGTH), BODY]),
    Buffer.concat([Buffer.from(continued + LENGTH), BODY]),
    chunked(1, 99, 200),
    chunked(300),
  ]) {
    const { reader, reading, data } = feed(answer, step);
    expect([reading, reader.last, reader.head?.status]).toEqual(["whole", false, 206]);
    expect(Buffer.compare(data, BODY)).toBe(0);
  }
  const { reader, reading } = feed(Buffer.concat([Buffer.from("HTTP/1.0 206 OK\r\n\r\n"), BODY]), step);
  expect([reading, reader.endsWithConnection, reader.received, reader.last]).toEqual(["more", true, 300, true]);
});

it("tells head and reuse", () => {
  const busy = feed(
    Buffer.from("HTTP/1.1 503 Busy\r\nRetry-After: 2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
  );
  expect(busy.reader).toMatchObject({ last: true, head: { status: 503, retryAfterMs: 2000, contentRange: null } });
  expect(feed(Buffer.from("HTTP/1.1 204 No\r\n\r\n"))).toMatchObject({ reading: "whole", reader: { last: false } });
  // More than was asked for on the connection: it is not used again.
  const behind = feed(Buffer.concat([Buffer.from(LENGTH), BODY, Buffer.from("HTTP/1.1 206 OK\r\n")]));
  expect([behind.reading, behind.reader.last]).toEqual(["whole", true]);
});

it("passes over a short page, and gives up a long one", () => {
  const page = (length: number) =>
    Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`), Buffer.alloc(length)]);
  expect(feed(page(60_000))).toMatchObject({ reading: "whole", reader: { received: 0 } });
  expect(feed(page(70_000), 1000).reading).toBe("enough");
});

it.each([
  ["no HTTP", "SSH-2.0-OpenSSH\r\n\r\n", "does not speak HTTP"],
  ["two lengths", "HTTP/1.1 206 OK\r\ncontent-length: 1\r\nContent-Length: 2\r\n\r\n", "two lengths"],
  ["a length that is none", "HTTP/1.1 206 OK\r\nContent-Length: -1\r\n\r\n", "cannot be told"],
  ["another coding", "HTTP/1.1 206 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "cannot be told"],
  ["a head without end", `HTTP/1.1 206 OK\r\n${"x: y\r\n".repeat(20_000)}`, "more than 65536 bytes"],
  [
    "more data than asked for",
    `HTTP/1.1 206 OK\r\nContent-Length: 301\r\n\r\n${"x".repeat(301)}`,
    "more than was asked",
  ],
  ["a chunk without a size", "HTTP/1.1 206 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "without a size"],
  ["a chunk too long", "HTTP/1.1 206 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", "longer than it says"],
  [
    "chunks of more than asked for",
    `HTTP/1.1 206 OK\r\nTransfer-Encoding: chunked\r\n\r\n12d\r\n${"x".repeat(301)}\r\n`,
    "more than was asked",
  ],
])("refuses %s", (_, answer, message) => {
  for (const step of [1, 10_000]) {
    expect(() => feed(Buffer.from(answer), step)).toThrow(AppError);
    expect(() => feed(Buffer.from(answer), step)).toThrow(message);
  }
});
