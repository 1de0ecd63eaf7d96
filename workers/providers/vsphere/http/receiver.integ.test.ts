/** Bodies brought by a thread of their own. */
import { createHash, randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { failureOf } from "../testing/failure.ts";
import { startTlsServer, type TlsServer } from "../testing/tls-server.ts";
import { HostDoor } from "./host-door.ts";
import { type ReceivedBody, Receivers } from "./receiver.ts";

const MIB = 1024 * 1024;
const content = randomBytes(20 * MIB + 12_345);
const SHA1 = createHash("sha1").update(content).digest("hex");

let server: TlsServer;
let answer: (request: IncomingMessage, response: ServerResponse) => void = () => {};
/** Connections that the server saw. */
const asked: IncomingMessage[] = [];
beforeAll(async () => {
  server = await startTlsServer((request, response) => {
    asked.push(request);
    answer(request, response);
  });
});
afterAll(() => server.close());

const pools: Receivers[] = [];
afterEach(() => {
  for (const pool of pools.splice(0)) pool.close();
  asked.splice(0);
});

function start(
  pool: Receivers,
  { fingerprint = server.fingerprint, signal = new AbortController().signal } = {},
): ReturnType<Receivers["get"]> {
  const expected = { kind: "pinned", fingerprint } as const;
  const request = { origin: server.origin, expected, path: "/disk.vmdk", headers: { cookie: "session=1" } };
  return pool.get(request, signal);
}

function receivers(): Receivers {
  const pool = new Receivers();
  pools.push(pool);
  return pool;
}

async function all(body: ReceivedBody, each: () => Promise<void> = async () => {}): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let next = await body.next(); next.done !== true; next = await body.next()) {
    await each();
    pieces.push(Buffer.from(next.value));
  }
  return Buffer.concat(pieces);
}

/** As hosts do: in chunks, without a length. */
const whole = (_: IncomingMessage, response: ServerResponse) => {
  for (let at = 0; at < content.length; at += 300_000) response.write(content.subarray(at, at + 300_000));
  response.end();
};

it("a body comes whole, with its sum, one after the other on one thread", async () => {
  answer = whole;
  const pool = receivers();
  pool.warm();
  for (let round = 0; round < 3; round++) {
    const { answer: got, close } = await start(pool);
    expect(got.status).toBe(200);
    expect((await all(got.body)).equals(content)).toBe(true);
    expect(got.body.sha1).toBe(SHA1);
    close();
  }
  expect(asked.map(({ headers }) => headers.cookie)).toEqual(["session=1", "session=1", "session=1"]);
});

it("who reads slowly holds the sender back, and three pieces stay as they are meanwhile", async () => {
  let written = 0;
  answer = (_, response) => {
    const send = () => {
      while (written < content.length) {
        const part = content.subarray(written, written + 100_000);
        written += part.length;
        if (!response.write(part)) return void response.once("drain", send);
      }
      response.end();
    };
    send();
  };
  const { answer: got } = await start(receivers());
  const pieces = [await got.body.next(), await got.body.next(), await got.body.next()];
  await new Promise((resolve) => setTimeout(resolve, 300));
  // Eight pieces, and what the system holds of a connection.
  expect(written).toBeLessThan(18 * MIB);
  const held = Buffer.concat(pieces.map(({ value }) => value ?? Buffer.alloc(0)));
  expect(held.equals(content.subarray(0, held.length))).toBe(true);
  const rest = await all(got.body, () => new Promise((resolve) => setTimeout(resolve, 2)));
  expect(rest.equals(content.subarray(held.length))).toBe(true);
  expect(got.body.sha1).toBe(SHA1);
});

it("what was given up does not disturb the next one", async () => {
  answer = whole;
  const pool = receivers();
  for (let round = 0; round < 3; round++) {
    const { answer: got, close } = await start(pool);
    await got.body.next();
    close();
    expect(await failureOf(all(got.body))).toMatchObject({ code: "job.canceled" });
  }
  const { answer: got } = await start(pool);
  expect((await all(got.body)).equals(content)).toBe(true);
});

it("a connection that is cut half-way is told as that", async () => {
  answer = (_, response) => {
    response.write(content.subarray(0, 3 * MIB + 5));
    setTimeout(() => response.destroy(), 50);
  };
  const { answer: got } = await start(receivers());
  const door = new HostDoor(server.origin, { kind: "pinned", fingerprint: server.fingerprint }, 1);
  const thrown = await all(got.body).catch((error: unknown) => error);
  expect(door.translate(thrown, new AbortController().signal)).toMatchObject({ code: "source.lost" });
  expect(got.body.sha1).toBeNull();
  await door.close();
});

it("an answer that is no body is told by its status, a certificate that is not trusted in full", async () => {
  answer = (_, response) => void response.writeHead(404).end("gone");
  const pool = receivers();
  const { answer: got } = await start(pool);
  expect(got.status).toBe(404);
  expect((await all(got.body)).length).toBe(0);
  const problem = await failureOf(start(pool, { fingerprint: "00".repeat(32) }));
  expect(problem).toMatchObject({ code: "source.certificate", details: { fingerprint: server.fingerprint } });
});

it("a cancel ends what is under way, also before the answer, and the end of all of them", async () => {
  answer = () => {};
  const stop = new AbortController();
  const pool = receivers();
  const waiting = start(pool, { signal: stop.signal });
  setTimeout(() => stop.abort(), 50);
  expect(await failureOf(waiting)).toMatchObject({ code: "job.canceled" });
  answer = whole;
  const { answer: got } = await start(pool);
  await got.body.next();
  pool.close();
  expect(await failureOf(all(got.body))).toMatchObject({ code: "job.crashed" });
});
