/** The other end of an RPC stream, in memory: answers calls as a test says. */
import { Duplex } from "node:stream";

export interface FakeCall {
  readonly procedure: number;
  readonly serial: number;
  readonly payload: Buffer;
}

/** What an answer may be: a payload; an error number; anything at all; nothing. */
export type FakeAnswer =
  | Buffer
  | { readonly error: number; readonly message: string }
  | { readonly raw: Buffer }
  | null;

export function rpcFrame(
  type: number,
  procedure: number,
  serial: number,
  status: number,
  payload: Buffer,
  program = 0x20008086,
): Buffer {
  const head = Buffer.alloc(28);
  [28 + payload.length, program, 1, procedure, type, serial, status].forEach((value, index) => {
    head.writeUInt32BE(value, index * 4);
  });
  return Buffer.concat([head, payload]);
}

function errorPayload(error: number, message: string): Buffer {
  const text = Buffer.alloc(Math.ceil(message.length / 4) * 4);
  text.write(message);
  const numbers = (...values: number[]) =>
    Buffer.concat(values.map((value) => Buffer.from([value >> 24, value >> 16, value >> 8, value])));
  return Buffer.concat([numbers(error, 10, 1, message.length), text, numbers(2, 0, 0, 0, 0, 0, 0, 0)]);
}

/** @param sizes the stream comes in pieces of so many bytes */
export function fakeDaemon(
  answer: (call: FakeCall) => FakeAnswer,
  sizes = 1000,
): { stream: Duplex; calls: FakeCall[]; say(bytes: Buffer): void } {
  let held = Buffer.alloc(0);
  const calls: FakeCall[] = [];
  const stream = new Duplex({
    read() {},
    write(bytes: Buffer, _encoding, done) {
      held = Buffer.concat([held, bytes]);
      while (held.length >= 4 && held.length >= held.readUInt32BE(0)) {
        const message = held.subarray(0, held.readUInt32BE(0));
        held = held.subarray(message.length);
        const call = {
          procedure: message.readUInt32BE(12),
          serial: message.readUInt32BE(20),
          payload: message.subarray(28),
        };
        calls.push(call);
        const said = answer(call);
        if (said === null) continue;
        if (Buffer.isBuffer(said)) say(rpcFrame(1, call.procedure, call.serial, 0, said));
        else if ("raw" in said) say(said.raw);
        else say(rpcFrame(1, call.procedure, call.serial, 1, errorPayload(said.error, said.message)));
      }
      done();
    },
  });
  const say = (bytes: Buffer) => {
    for (let at = 0; at < bytes.length; at += sizes) stream.push(bytes.subarray(at, at + sizes));
  };
  return { stream, calls, say };
}

/** What a daemon answers while a connection is opened; null for other calls. */
export function openingAnswer({ procedure }: FakeCall): Buffer | null {
  if (procedure === 66) return Buffer.from("0000000100000000", "hex");
  if (procedure === 60) return Buffer.from("00000001", "hex");
  return procedure === 1 ? Buffer.alloc(0) : null;
}
