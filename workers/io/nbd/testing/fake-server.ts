/**
 * An NBD server for tests, on a unix socket: answers as it should, or as a knob says. It is written against the protocol's text, not
 * against our client: qemu-nbd judges both in nbd.integ.test.ts.
 */
import { createServer, type Server, type Socket } from "node:net";

export interface Request {
  readonly command: number;
  readonly handle: Buffer;
  readonly offset: number;
  readonly length: number;
}

export interface Behaviour {
  readonly content: Uint8Array;
  /** Runs of base:allocation from the start of the disk. */
  readonly runs: readonly { readonly length: number; readonly flags: number }[];
  readonly structured?: boolean;
  readonly exportName?: string;
  /** Sent instead of the greeting. */
  readonly greeting?: Buffer;
  /** Sent instead of the answer to an option; null = answer as usual. */
  option?(option: number, data: Buffer): Buffer | null;
  /** Sent instead of the answer to a request; null = answer as usual; "close" = hang up. */
  answer?(request: Request): Buffer | "close" | "silence" | null;
}

const OPTION_REPLY = "0003e889045565a9";

export function optionReply(option: number, type: number, data: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.alloc(20);
  head.write(OPTION_REPLY, 0, "hex");
  head.writeUInt32BE(option, 8);
  head.writeUInt32BE(type, 12);
  head.writeUInt32BE(data.length, 16);
  return Buffer.concat([head, data]);
}

export function chunk(
  request: Request,
  type: number,
  data: Uint8Array,
  done = true,
  statedLength = data.length,
): Buffer {
  const head = Buffer.alloc(20);
  head.writeUInt32BE(0x668e33ef, 0);
  head.writeUInt16BE(done ? 1 : 0, 4);
  head.writeUInt16BE(type, 6);
  request.handle.copy(head, 8);
  head.writeUInt32BE(statedLength, 16);
  return Buffer.concat([head, data]);
}

export function simpleReply(request: Request, error: number, data: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32BE(0x67446698, 0);
  head.writeUInt32BE(error, 4);
  request.handle.copy(head, 8);
  return Buffer.concat([head, data]);
}

export function numbers(...values: readonly (number | bigint)[]): Buffer {
  return Buffer.concat(
    values.map((value) => {
      const bytes = Buffer.alloc(typeof value === "bigint" ? 8 : 4);
      if (typeof value === "bigint") bytes.writeBigUInt64BE(value);
      else bytes.writeUInt32BE(value);
      return bytes;
    }),
  );
}

export interface FakeServer {
  readonly path: string;
  /** Connections made, and the most requests that were unanswered at a time. */
  readonly seen: { connections: number; requests: Request[]; open: number };
  close(): Promise<void>;
}

export async function startFakeServer(path: string, behaviour: Behaviour): Promise<FakeServer> {
  const sockets = new Set<Socket>();
  const seen: FakeServer["seen"] = { connections: 0, requests: [], open: 0 };
  const server: Server = createServer((socket) => {
    seen.connections++;
    seen.open++;
    sockets.add(socket);
    socket.on("close", () => {
      seen.open--;
      sockets.delete(socket);
    });
    socket.on("error", () => {});
    void serve(socket, behaviour, seen).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    path,
    seen,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function serve(socket: Socket, behaviour: Behaviour, seen: FakeServer["seen"]): Promise<void> {
  const { content, runs, structured = true, exportName = "disk" } = behaviour;
  const chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let held = Buffer.alloc(0);
  const take = async (length: number): Promise<Buffer> => {
    while (held.length < length) {
      const next = await chunks.next();
      if (next.done === true) throw new Error("the client is gone");
      held = Buffer.concat([held, next.value]);
    }
    const piece = held.subarray(0, length);
    held = held.subarray(length);
    return piece;
  };
  const greeting = Buffer.concat([Buffer.from("NBDMAGICIHAVEOPT"), Buffer.from([0, 3])]);
  socket.write(behaviour.greeting ?? greeting);
  await take(4);
  let agreed = false;
  for (let going = true; going; ) {
    const head = await take(16);
    const option = head.readUInt32BE(8);
    const data = await take(head.readUInt32BE(12));
    const own = behaviour.option?.(option, data) ?? null;
    if (own !== null) socket.write(own);
    else if (option === 8) {
      agreed = structured;
      socket.write(optionReply(8, structured ? 1 : 0x80000001));
    } else if (option === 10) {
      socket.write(optionReply(10, 4, Buffer.concat([numbers(7), Buffer.from("base:allocation")])));
      socket.write(optionReply(10, 1));
    } else if (option === 7) {
      const name = data.toString("utf8", 4, 4 + data.readUInt32BE(0));
      if (name !== exportName) socket.write(optionReply(7, 0x80000006, Buffer.from("who?")));
      else {
        const info = Buffer.concat([Buffer.from([0, 0]), numbers(BigInt(content.length)), Buffer.from([1, 3])]);
        socket.write(optionReply(7, 3, info));
        socket.write(optionReply(7, 1));
        going = false;
      }
    } else socket.write(optionReply(option, 0x80000001));
  }
  for (;;) {
    const head = await take(28);
    const request: Request = {
      command: head.readUInt16BE(6),
      handle: Buffer.from(head.subarray(8, 16)),
      offset: Number(head.readBigUInt64BE(16)),
      length: head.readUInt32BE(24),
    };
    seen.requests.push(request);
    if (request.command === 2) return void socket.end();
    const own = behaviour.answer?.(request) ?? null;
    if (own === "close") return void socket.destroy();
    if (own === "silence") continue;
    socket.write(own ?? usual(request, content, runs, agreed));
  }
}

function usual(request: Request, content: Uint8Array, runs: Behaviour["runs"], structured: boolean): Buffer {
  const { offset, length, command } = request;
  if (command === 0) {
    const bytes = content.subarray(offset, offset + length);
    return structured
      ? chunk(request, 1, Buffer.concat([numbers(BigInt(offset)), bytes]))
      : simpleReply(request, 0, bytes);
  }
  let at = 0;
  const told: number[] = [];
  for (const run of runs) {
    const [from, to] = [Math.max(at, offset), Math.min(at + run.length, offset + length)];
    if (from < to) told.push(to - from, run.flags);
    at += run.length;
  }
  return chunk(request, 5, numbers(7, ...told));
}
