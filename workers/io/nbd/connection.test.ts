/** The NBD client against a server that does as it should, and against all that a hostile or broken one may do. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { AppError } from "../../../src-core/model/error.ts";
import { type NbdConnection, openNbd } from "./connection.ts";
import { statusFrom } from "./status.ts";
import {
  type Behaviour,
  chunk,
  type FakeServer,
  numbers,
  optionReply,
  type Request,
  simpleReply,
  startFakeServer,
} from "./testing/fake-server.ts";

const folder = mkdtempSync(join(tmpdir(), "nbd-"));
const KiB = 1024;
const content = Buffer.alloc(1024 * KiB);
for (let at = 0; at < content.length; at += 8) content.writeDoubleLE(at, at);
const honest: Behaviour = { content, runs: [{ length: content.length, flags: 0 }] };

const servers: FakeServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
async function open(
  behaviour: Partial<Behaviour>,
  options: { signal?: AbortSignal; silenceMs?: number; name?: string } = {},
) {
  const server = await startFakeServer(join(folder, `${count++}.sock`), { ...honest, ...behaviour });
  servers.push(server);
  const connection = await openNbd(
    { kind: "unix", path: server.path },
    {
      exportName: options.name ?? "disk",
      signal: options.signal ?? new AbortController().signal,
      silenceMs: options.silenceMs ?? 5000,
    },
  );
  return { server, connection };
}

async function failure(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AppError);
  return AppError.from(error);
}

async function readAll(connection: NbdConnection): Promise<Buffer> {
  const got = Buffer.alloc(connection.sizeBytes);
  await connection.read(0, got);
  return got;
}

test.each([true, false])(
  "reads everything, in pieces that are asked for at once (structured %s)",
  async (structured) => {
    const { connection, server } = await open({ structured });
    expect(connection).toMatchObject({
      sizeBytes: content.length,
      readOnly: true,
      multiConn: true,
      minimumBlockBytes: 1,
    });
    expect([...connection.contexts]).toEqual(structured ? ["base:allocation"] : []);
    expect((await readAll(connection)).equals(content)).toBe(true);
    const small = Buffer.alloc(3);
    await connection.read(content.length - 3, small);
    expect(small.equals(content.subarray(-3))).toBe(true);
    expect(server.seen.requests.map(({ length }) => length)).toEqual([...Array(4).fill(256 * KiB), 3]);
    await connection.close();
    await connection.close();
    await expect.poll(() => server.seen.open).toBe(0);
    expect((await failure(connection.read(0, small))).code).toBe("source.lost");
  },
);

test("puts chunks that come in any order, with holes between, where they belong", async () => {
  const { connection } = await open({
    answer(request) {
      const { offset, length } = request;
      const half = length / 2;
      const data = (from: number) => Buffer.concat([numbers(BigInt(from)), content.subarray(from, from + half - 512)]);
      return Buffer.concat([
        chunk(request, 1, data(offset + half), false),
        chunk(request, 2, numbers(BigInt(offset + half - 512), 512), false),
        chunk(request, 1, data(offset), false),
        chunk(request, 2, numbers(BigInt(offset + length - 512), 512), true),
      ]);
    },
  });
  const got = Buffer.alloc(8192, 1);
  await connection.read(4096, got);
  const expected = Buffer.from(content.subarray(4096, 4096 + 8192));
  expected.fill(0, 4096 - 512, 4096).fill(0, 8192 - 512);
  expect(got.equals(expected)).toBe(true);
});

test("an error of one read leaves the connection as it was", async () => {
  const { connection } = await open({
    answer: (request) =>
      request.offset === 512
        ? chunk(request, 0x8001, Buffer.concat([numbers(5), Buffer.from([0, 3]), Buffer.from("bad")]))
        : request.offset === 1024
          ? simpleReply(request, 28)
          : null,
  });
  const error = await failure(connection.read(512, Buffer.alloc(512)));
  expect(error).toMatchObject({ code: "io.read", details: { errno: "EIO", offset: 512 } });
  expect(error.message).toContain('EIO ("bad")');
  expect((await failure(connection.read(1024, Buffer.alloc(512)))).details?.errno).toBe("ENOSPC");
  expect((await readAll(connection)).subarray(0, 512).equals(content.subarray(0, 512))).toBe(true);
});

test("tells statuses, over answers that are shorter and longer than asked", async () => {
  const { connection } = await open({
    answer: (request) =>
      request.command === 7
        ? chunk(request, 5, request.offset === 0 ? numbers(7, 4096, 0, 4096, 0) : numbers(7, 2 ** 31, 3))
        : null,
  });
  const first = await statusFrom(connection, "base:allocation", 0, content.length);
  expect(first).toEqual([{ start: 0, length: 8192, flags: 0 }]);
  expect(await statusFrom(connection, "base:allocation", 8192, 10_000)).toEqual([
    { start: 8192, length: 1808, flags: 3 },
  ]);
  expect((await failure(statusFrom(connection, "qemu:dirty-bitmap:x", 0, 512))).code).toBe("source.unsupported");
});

const data = (request: Request, offset: number, length: number) =>
  chunk(request, 1, Buffer.concat([numbers(BigInt(offset)), Buffer.alloc(length)]));
const foreign = (request: Request) => ({ ...request, handle: Buffer.from("notours!") });

/** What a server may answer to a read of 4096 bytes at 8192, and must not get away with. */
const HOSTILE: readonly [string, (request: Request) => Buffer][] = [
  ["a handle nobody asked with", (r) => data(foreign(r), 8192, 4096)],
  ["another offset", (r) => data(r, 8191, 4096)],
  ["an offset beyond 2^63", (r) => chunk(r, 1, Buffer.concat([numbers(0xfffffffffffff000n), Buffer.alloc(4096)]))],
  ["more than asked", (r) => data(r, 8192, 4097)],
  ["less than asked", (r) => data(r, 8192, 4095)],
  ["nothing at all", (r) => chunk(r, 0, Buffer.alloc(0))],
  [
    "the same bytes twice",
    (r) =>
      Buffer.concat([chunk(r, 1, Buffer.concat([numbers(8192n), Buffer.alloc(2048)]), false), data(r, 8192, 2048)]),
  ],
  [
    "overlapping holes",
    (r) => Buffer.concat([chunk(r, 2, numbers(10240n, 2048), false), chunk(r, 2, numbers(8192n, 4096))]),
  ],
  ["a hole of 4 GiB", (r) => chunk(r, 2, numbers(8192n, 0xffffffff))],
  ["an empty hole", (r) => chunk(r, 2, numbers(8192n, 0))],
  ["a chunk whose length is 4 GiB", (r) => chunk(r, 1, numbers(8192n), true, 0xffffffff)],
  ["a chunk too short for an offset", (r) => chunk(r, 1, numbers(1))],
  ["a block status", (r) => chunk(r, 5, numbers(7, 4096, 0))],
  ["an unknown chunk", (r) => chunk(r, 77, numbers(1))],
  ["an error longer than itself", (r) => chunk(r, 0x8001, Buffer.concat([numbers(5), Buffer.from([0xff, 0xff])]))],
  ["an error of 16 MiB", (r) => chunk(r, 0x8001, numbers(5), true, 1 << 24)],
  ["a simple reply", (r) => simpleReply(r, 0, Buffer.alloc(4096))],
  ["a wrong magic", () => Buffer.alloc(32, 0xee)],
  ["an answer more than once", (r) => Buffer.concat([data(r, 8192, 4096), data(r, 8192, 4096)])],
];
test.each(HOSTILE)("refuses %s", async (_, answer) => {
  const { connection, server } = await open({ answer });
  const read = connection.read(8192, Buffer.alloc(4096));
  const error = await failure(read.then(() => connection.read(0, Buffer.alloc(512))));
  expect(error.code).toBe("source.protocol");
  expect(error.message).toContain(server.path);
  await expect.poll(() => server.seen.open).toBe(0);
});

const HOSTILE_STATUS: readonly [string, (request: Request) => Buffer][] = [
  ["no extents", (r) => chunk(r, 5, numbers(7))],
  ["half an extent", (r) => chunk(r, 5, numbers(7, 4096, 0, 1))],
  ["an empty extent", (r) => chunk(r, 5, numbers(7, 0, 0))],
  ["a context nobody asked for", (r) => chunk(r, 5, numbers(8, 4096, 0))],
  [
    "a context twice",
    (r) => Buffer.concat([chunk(r, 5, numbers(7, 4096, 0), false), chunk(r, 5, numbers(7, 4096, 0))]),
  ],
  ["2^32 bytes of extents", (r) => chunk(r, 5, numbers(7), true, 0xfffffffc)],
  ["nothing", (r) => chunk(r, 0, Buffer.alloc(0))],
];
test.each(HOSTILE_STATUS)("refuses a block status with %s", async (_, answer) => {
  const { connection } = await open({ answer });
  expect((await failure(statusFrom(connection, "base:allocation", 0, 4096))).code).toBe("source.protocol");
});

const greeting = (text: string, flags: number) => Buffer.concat([Buffer.from(text), Buffer.from([0, flags])]);
const info = (size: bigint) => Buffer.concat([Buffer.from([0, 0]), numbers(size), Buffer.from([1, 3])]);
const blocks = (...sizes: number[]) => Buffer.concat([Buffer.from([0, 3]), numbers(...sizes)]);
const go =
  (...infos: Buffer[]) =>
  (option: number) =>
    option === 7 ? Buffer.concat([...infos.map((one) => optionReply(7, 3, one)), optionReply(7, 1)]) : null;

const HOSTILE_HANDSHAKES: readonly [string, Partial<Behaviour>, string][] = [
  ["no NBD at all", { greeting: Buffer.from("SSH-2.0-OpenSSH_9.2 and more") }, "source.protocol"],
  ["the old style", { greeting: greeting("NBDMAGIC12345678", 3) }, "source.protocol"],
  ["no fixed newstyle", { greeting: greeting("NBDMAGICIHAVEOPT", 2) }, "source.protocol"],
  ["more than it was asked for", { greeting: Buffer.alloc(1 << 20, 1) }, "source.protocol"],
  [
    "endless answers",
    { option: (o) => (o === 7 ? Buffer.concat(Array(300).fill(optionReply(7, 3, info(1n)))) : null) },
    "source.protocol",
  ],
  [
    "an answer of 2 GiB",
    {
      option: (o) => {
        const reply = optionReply(o, 3);
        reply.writeUInt32BE(2 ** 31, 16);
        return reply;
      },
    },
    "source.protocol",
  ],
  ["an answer to another option", { option: () => optionReply(99, 1) }, "source.protocol"],
  ["a wrong reply magic", { option: () => Buffer.alloc(20) }, "source.protocol"],
  ["no size", { option: (o) => (o === 7 ? optionReply(7, 1) : null) }, "source.protocol"],
  ["a short description", { option: go(Buffer.from([0, 0, 1])) }, "source.protocol"],
  ["a size beyond 2^53", { option: go(info(2n ** 60n)) }, "disk.too-large"],
  ["a block size of 3", { option: go(info(4096n), blocks(3, 4096, 1 << 20)) }, "source.protocol"],
  ["a block size of 0", { option: go(info(4096n), blocks(0, 0, 0)) }, "source.protocol"],
  [
    "blocks whose most is less than their least",
    { option: go(info(4096n), blocks(65536, 65536, 4096)) },
    "source.protocol",
  ],
  [
    "an unknown context",
    { option: (o) => (o === 10 ? optionReply(10, 4, Buffer.concat([numbers(1), Buffer.from("evil:")])) : null) },
    "source.protocol",
  ],
  [
    "a refusal",
    { option: (o) => (o === 7 ? optionReply(7, 0x80000002, Buffer.from("not you\u0007")) : null) },
    "source.refused",
  ],
  ["nothing for TLS", { option: (o) => (o === 7 ? optionReply(7, 0x80000005) : null) }, "source.refused"],
];
test.each(HOSTILE_HANDSHAKES)("does not open a server that offers %s", async (_, behaviour, code) => {
  const error = await failure(open(behaviour));
  expect(error.code).toBe(code);
  expect(error.message).not.toContain("\u0007");
  await expect.poll(() => servers.at(-1)?.seen.open).toBe(0);
});

test("names an export that is not there, and what the server said", async () => {
  const error = await failure(open({}, { name: "other" }));
  expect(error).toMatchObject({ code: "source.refused" });
  expect(error.message).toContain('export "other"');
  expect(error.message).toContain("who?");
});

test("a server that hangs up, in the middle of an answer or before one, is lost", async () => {
  for (const answer of [() => "close" as const, (r: Request) => data(r, 0, 100_000).subarray(0, 5000)]) {
    const { connection, server } = await open({ answer });
    const read = failure(connection.read(0, Buffer.alloc(100_000)));
    setTimeout(() => void server.close(), 50);
    expect((await read).code).toBe("source.lost");
    servers.pop();
  }
});

test("a server that says nothing any more is given up", async () => {
  const { connection, server } = await open({ answer: () => "silence" }, { silenceMs: 200 });
  const error = await failure(connection.read(0, Buffer.alloc(512)));
  expect(error).toMatchObject({ code: "source.lost" });
  expect(error.message).toContain("0.2 s");
  await expect.poll(() => server.seen.open).toBe(0);
});

test("a server nobody asks anything may be silent", async () => {
  const { connection } = await open({}, { silenceMs: 100 });
  await new Promise((resolve) => setTimeout(resolve, 400));
  await connection.read(0, Buffer.alloc(512));
});

test("cancel ends what waits, and what is asked later", async () => {
  const canceled = new AbortController();
  const { connection, server } = await open({ answer: () => "silence" }, { signal: canceled.signal });
  const reads = [connection.read(0, Buffer.alloc(900_000)), connection.blockStatus(0, 512)].map(failure);
  canceled.abort();
  for (const error of await Promise.all(reads)) expect(error.code).toBe("job.canceled");
  expect((await failure(connection.read(0, Buffer.alloc(1)))).code).toBe("job.canceled");
  await expect.poll(() => server.seen.open).toBe(0);
  expect((await failure(open({}, { signal: AbortSignal.abort() }))).code).toBe("job.canceled");
});

test("a server that is not there is unreachable, by name", async () => {
  const path = join(folder, "nobody.sock");
  const error = await failure(
    openNbd({ kind: "unix", path }, { exportName: "", signal: new AbortController().signal }),
  );
  expect(error).toMatchObject({ code: "source.unreachable", details: { errno: "ENOENT" } });
  expect(error.message).toContain(path);
});

test("has no more than 16 requests unanswered", async () => {
  const waiting: Request[] = [];
  const { connection, server } = await open({
    content: Buffer.alloc(8 << 20),
    answer(request) {
      waiting.push(request);
      return "silence";
    },
  });
  const read = failure(connection.read(0, Buffer.alloc(8 << 20)));
  await expect.poll(() => waiting.length).toBe(16);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(waiting.length).toBe(16);
  await server.close();
  expect((await read).code).toBe("source.lost");
});
