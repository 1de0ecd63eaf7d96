/** Answers to Range requests that no lab gives. */
import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { failureOf } from "../testing/failure.ts";
import { startTlsServer, type TlsServer } from "../testing/tls-server.ts";
import { HostDoor } from "./host-door.ts";
import { HostGate } from "./host-gate.ts";
import { type FolderAccess, rangeFile } from "./range-file.ts";

const SIZE = 10_000;
const content = Buffer.from(Array.from({ length: SIZE }, (_, n) => (n * 31 + (n >> 8)) & 0xff));

let server: TlsServer;
let access: { -readonly [K in keyof FolderAccess]: FolderAccess[K] };
let answer: (response: ServerResponse, from: number, to: number) => void = () => {};
let requests = 0;

beforeAll(async () => {
  server = await startTlsServer((request, response) => {
    requests++;
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    answer(response, Number(range?.[1]), Number(range?.[2]));
  });
  const { origin, fingerprint } = server;
  access = {
    door: new HostDoor(origin, { kind: "pinned", fingerprint }, 4),
    gate: new HostGate(() => performance.now()),
    cookie: () => null,
    renew: async () => {},
    retryMs: 1,
    random: () => 0.5,
  };
});
afterAll(async () => {
  await access.door.close();
  await server.close();
});

function read(offset = 100, length = 1000): Promise<Uint8Array> {
  const into = new Uint8Array(length);
  requests = 0;
  return rangeFile(access, "/folder/x", "[ds] x", SIZE)
    .read(offset, into, new AbortController().signal)
    .then(() => into);
}

const head = (from: number, to: number, total: number | string = SIZE) => ({
  "content-range": `bytes ${from}-${to}/${total}`,
});

describe("a range", () => {
  it("that comes as it should is data", async () => {
    answer = (response, from, to) => response.writeHead(206, head(from, to)).end(content.subarray(from, to + 1));
    expect(Buffer.compare(await read(), content.subarray(100, 1100))).toBe(0);
  });

  it("of unknown length that ends early is asked for again, and is never half a piece", async () => {
    let short = 3;
    answer = (response, from, to) =>
      response.writeHead(206, head(from, to)).end(content.subarray(from, to + 1 - (short-- > 0 ? 10 : 0)));
    expect(Buffer.compare(await read(), content.subarray(100, 1100))).toBe(0);
    expect(requests).toBe(4);
    short = Number.POSITIVE_INFINITY;
    expect(await failureOf(read())).toMatchObject({
      code: "io.read",
      message: expect.stringContaining("990 bytes came"),
    });
  });

  it("of more bytes than were asked for is refused", async () => {
    answer = (response, from, to) => response.writeHead(206, head(from, to)).end(content.subarray(from, to + 50));
    expect(await failureOf(read())).toMatchObject({
      code: "source.protocol",
      message: expect.stringContaining("more than was asked for"),
    });
  });

  it.each([
    ["none", {}, "source.protocol"],
    ["another beginning", head(101, 1099), "source.protocol"],
    ["another end", head(100, 1098), "source.protocol"],
    ["no total", head(100, 1099, "*"), "source.protocol"],
    ["words", { "content-range": "bytes 100-1099/ten thousand" }, "source.protocol"],
    ["another total: the file changed", head(100, 1099, SIZE + 512), "disk.in-use"],
  ])("with a Content-Range that is not its own is refused: %s", async (_, headers, code) => {
    answer = (response, from, to) => response.writeHead(206, headers).end(content.subarray(from, to + 1));
    expect((await failureOf(read())).code).toBe(code);
    expect(requests).toBe(1);
  });

  it("as a page that goes on for ever costs the connection, not the memory", async () => {
    answer = (response) => {
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write(content));
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    };
    expect((await failureOf(read())).code).toBe("source.protocol");
  });

  it("waits as long as the host asks, within reason", async () => {
    let busy = 1;
    answer = (response, from, to) => {
      if (busy-- > 0) response.writeHead(503, { "retry-after": "1" }).end();
      else response.writeHead(206, head(from, to)).end(content.subarray(from, to + 1));
    };
    const began = performance.now();
    await read();
    expect(performance.now() - began).toBeGreaterThan(950);
  });

  it("is asked for anew at once when the connection kept was closed meanwhile", async () => {
    answer = (response, from, to) => response.writeHead(206, head(from, to)).end(content.subarray(from, to + 1));
    await read();
    server.server.closeIdleConnections();
    access.retryMs = 60_000;
    try {
      expect(Buffer.compare(await read(), content.subarray(100, 1100))).toBe(0);
      // Also when that shows only once the request is out.
      server.server.once("request", (request) => request.socket.destroy());
      expect(Buffer.compare(await read(), content.subarray(100, 1100))).toBe(0);
    } finally {
      access.retryMs = 1;
    }
  });

  it("ends at once when it is canceled, and its connection with it", async () => {
    answer = () => {};
    const stop = new AbortController();
    const reading = rangeFile(access, "/folder/x", "[ds] x", SIZE).read(0, new Uint8Array(10), stop.signal);
    setTimeout(() => stop.abort(), 30);
    expect((await failureOf(reading)).code).toBe("job.canceled");
  });
});
