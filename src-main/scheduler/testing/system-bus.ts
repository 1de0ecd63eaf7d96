/**
 * A system bus with NetworkManager on it, as far as one question needs: the D-Bus specification's handshake (SASL EXTERNAL) and
 * replies to Hello and to Properties.Get with one unsigned number.
 */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";

export interface SystemBus {
  /** What DBUS_SYSTEM_BUS_ADDRESS holds. */
  readonly address: string;
  /** The messages that asked for the property. */
  readonly asked: string[];
  close(): void;
}

const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 7)]);
const number = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

/** A method's reply (type 2) in little-endian order: header fields REPLY_SERIAL (5) and SIGNATURE (8), then the body. */
function reply(to: number, signature: string, body: Buffer): Buffer {
  const serial = Buffer.concat([Buffer.from("\x05\x01u\0", "latin1"), number(to)]);
  const form = Buffer.from(`\x08\x01g\0${String.fromCharCode(signature.length)}${signature}\0`, "latin1");
  const fields = Buffer.concat([serial, form]);
  const head = Buffer.concat([Buffer.from("l\x02\x01\x01", "latin1"), number(body.length), number(to)]);
  return Buffer.concat([padded(Buffer.concat([head, number(fields.length), fields])), body]);
}

function serve(socket: Socket, metered: () => number, asked: string[]): void {
  let held = Buffer.alloc(0);
  let begun = false;
  socket.on("error", () => {});
  socket.on("data", (bytes) => {
    held = Buffer.concat([held, bytes]);
    while (!begun) {
      const end = held.indexOf("\r\n");
      if (end < 0) return;
      const line = held.toString("latin1", 0, end).replace("\0", "");
      held = held.subarray(end + 2);
      if (line.startsWith("AUTH EXTERNAL")) socket.write(`OK ${"0".repeat(32)}\r\n`);
      else if (line === "BEGIN") begun = true;
      else socket.write("ERROR\r\n");
    }
    while (held.length >= 16) {
      const length = 16 + ((held.readUInt32LE(12) + 7) & ~7) + held.readUInt32LE(4);
      if (held.length < length) return;
      const message = held.subarray(0, length).toString("latin1");
      const serial = held.readUInt32LE(8);
      held = held.subarray(length);
      if (message.includes("Hello")) socket.write(reply(serial, "s", Buffer.from("\x04\0\0\0:1.1\0", "latin1")));
      else {
        asked.push(message);
        socket.write(reply(serial, "v", Buffer.concat([Buffer.from("\x01u\0\0", "latin1"), number(metered())])));
      }
    }
  });
}

/** @param path of the socket; @param metered what the property holds when it is asked for */
export async function startSystemBus(path: string, metered: () => number): Promise<SystemBus> {
  const asked: string[] = [];
  const server = createServer((socket) => serve(socket, metered, asked));
  await once(server.listen(path), "listening");
  return { address: `unix:path=${path}`, asked, close: () => void server.close() };
}
