import { expect, test } from "vitest";
import type { AppError } from "../../../../src-core/model/error.ts";
import { type FakeAnswer, type FakeCall, fakeDaemon, openingAnswer, rpcFrame } from "../testing/fake-daemon.ts";
import { openRpc, type RpcEvent } from "./client.ts";
import { CALL } from "./procedures.ts";
import { encode, text } from "./xdr.ts";

async function open(answer: (call: FakeCall) => FakeAnswer = () => null, sizes?: number) {
  const daemon = fakeDaemon((call) => openingAnswer(call) ?? answer(call), sizes);
  return { ...daemon, rpc: await openRpc(daemon.stream, "qemu:///session", "the fake") };
}
const failure = (work: Promise<unknown>): Promise<AppError> =>
  work.then(
    () => expect.unreachable(),
    (error: AppError) => error,
  );
const name = encode(text(100), "host");

test.each([1, 3, 29, 100_000])("calls and answers that come in pieces of %i bytes, in any order", async (sizes) => {
  const waiting: FakeCall[] = [];
  const { rpc, say } = await open((call) => {
    waiting.push(call);
    return null;
  }, sizes);
  const [first, second] = [rpc.call(CALL.hostName, null, "one"), rpc.call(CALL.libraryVersion, null, "two")];
  await expect.poll(() => waiting.length).toBe(2);
  const [a, b] = waiting;
  if (a === undefined || b === undefined) return;
  const version = Buffer.from("0000000000000007", "hex");
  say(Buffer.concat([rpcFrame(1, 157, b.serial, 0, version), rpcFrame(1, 59, a.serial, 0, name)]));
  expect(await second).toEqual({ version: 7n });
  expect(await first).toEqual({ name: "host" });
  rpc.close();
});

test.each([
  [42, "source.no-machine"],
  [72, "source.no-snapshot"],
  [88, "source.privilege"],
  [29, "source.privilege"],
  [45, "source.auth"],
  [68, "source.busy"],
  [84, "source.unsupported"],
  [86, "source.refused"],
  [55, "source.refused"],
  [9999, "source.refused"],
])("error %i of libvirt is %s", async (number, code) => {
  const { rpc } = await open(() => ({ error: number, message: "said so\u0007" }));
  const error = await failure(rpc.call(CALL.hostName, null, "the name of web01"));
  expect(error).toMatchObject({ code, details: { libvirt: number } });
  expect(error.message).toBe("libvirt: the name of web01: said so ");
  rpc.close();
});

test("events before anybody listens are kept; pings are answered", async () => {
  const { rpc, say, calls } = await open();
  say(rpcFrame(2, 318, 0, 0, Buffer.from("00000001", "hex")));
  say(rpcFrame(2, 1, 0, 0, Buffer.alloc(0), 0x6b656570));
  await expect.poll(() => calls.at(-1)?.procedure).toBe(2);
  const heard: RpcEvent[] = [];
  rpc.onEvent((event) => heard.push(event));
  say(rpcFrame(2, 348, 0, 0, Buffer.alloc(0)));
  await expect.poll(() => heard.map(({ procedure }) => procedure)).toEqual([318, 348]);
  rpc.close();
});

const HOSTILE: readonly [string, (call: FakeCall) => Buffer][] = [
  ["a message of 4 GiB", () => Buffer.from("ffffffff", "hex")],
  ["a message shorter than its head", () => Buffer.from("0000000400000000", "hex")],
  ["an answer nobody waits for", ({ serial }) => rpcFrame(1, 59, serial + 5, 0, name)],
  ["another program", ({ serial }) => rpcFrame(1, 59, serial, 0, name, 0x20008087)],
  ["a stream", ({ serial }) => rpcFrame(3, 59, serial, 0, name)],
  ["an answer too short", ({ serial }) => rpcFrame(1, 59, serial, 0, Buffer.from([0, 0]))],
  ["an answer too long", ({ serial }) => rpcFrame(1, 59, serial, 0, Buffer.concat([name, name]))],
  ["an error that is none", ({ serial }) => rpcFrame(1, 59, serial, 1, Buffer.from("0000", "hex"))],
];
test.each(HOSTILE)("refuses %s", async (_, answer) => {
  const { rpc } = await open((call) => (call.procedure === 59 ? { raw: answer(call) } : null));
  expect((await failure(rpc.call(CALL.hostName, null, "x"))).code).toBe("source.protocol");
  rpc.close();
});

test("a daemon that goes away ends all calls, and those made later", async () => {
  const { rpc, stream } = await open();
  const call = failure(rpc.call(CALL.hostName, null, "x"));
  stream.push(null);
  expect((await call).code).toBe("source.lost");
  expect((await rpc.ended).code).toBe("source.lost");
  expect((await failure(rpc.call(CALL.hostName, null, "x"))).code).toBe("source.lost");
});

test("a canceled call's answer is for nobody, and the connection goes on", async () => {
  let asked: FakeCall | null = null;
  const { rpc, say } = await open((call) => {
    if (asked !== null) return name;
    asked = call;
    return null;
  });
  const stop = new AbortController();
  const call = failure(rpc.call(CALL.hostName, null, "x", stop.signal));
  await expect.poll(() => asked).not.toBeNull();
  stop.abort();
  expect((await call).code).toBe("job.canceled");
  say(rpcFrame(1, 59, (asked as FakeCall | null)?.serial ?? 0, 0, name));
  expect(await rpc.call(CALL.hostName, null, "x")).toEqual({ name: "host" });
  rpc.close();
});

test("a daemon that wants SASL is not signed in to", async () => {
  const daemon = fakeDaemon((call) => (call.procedure === 66 ? Buffer.from("0000000100000001", "hex") : null));
  const error = await failure(openRpc(daemon.stream, "qemu:///system", "the fake"));
  expect(error).toMatchObject({ code: "source.auth" });
  expect(error.message).toContain("SASL");
});
