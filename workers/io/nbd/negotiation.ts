/**
 * The first half of an NBD connection: greeting, TLS, structured replies, metadata contexts, and the export. Whatever the server
 * says is bounded: an answer's length, and how many answers to one question are listened to.
 */
import { AppError } from "../../../src-core/model/error.ts";
import {
  GREETING_MAGIC,
  HANDSHAKE,
  INFO,
  OPTION,
  OPTION_MAGIC,
  OPTION_REPLY_MAGIC,
  REPLY,
  REPLY_ERROR_BIT,
  REPLY_ERRORS,
  TRANSMISSION,
} from "./protocol.ts";

/** Of one option reply. Names have at most 4096 bytes each. */
const MAX_ANSWER_BYTES = 16 * 1024;
/** Replies to one option. */
const MAX_ANSWERS = 256;
const MAX_NAME_BYTES = 4096;
/** Where the server does not say otherwise a read may be as long (protocol: "SHOULD" of block size constraints). */
const USUAL_MAX_BLOCK = 32 * 1024 * 1024;

/** What negotiation speaks through. */
export interface Line {
  readonly name: string;
  send(bytes: Uint8Array): void;
  /** The next `length` bytes, a copy. */
  take(length: number): Promise<Buffer>;
}

/** What was agreed on. */
export interface Agreement {
  readonly sizeBytes: number;
  readonly readOnly: boolean;
  /** Several connections see one content. */
  readonly multiConn: boolean;
  readonly structured: boolean;
  /** Bytes; the first is a power of two that every offset and length must be a multiple of. */
  readonly blocks: { readonly minimum: number; readonly preferred: number; readonly maximum: number };
  /** Number of each context that the server granted, by its name. */
  readonly contexts: ReadonlyMap<string, number>;
}

/** Listens to the greeting and answers it. @throws AppError source.protocol */
export async function greet(line: Line): Promise<void> {
  const greeting = await line.take(18);
  if (greeting.readBigUInt64BE(0) !== GREETING_MAGIC) throw protocolError(line, "does not greet as an NBD server");
  if (greeting.readBigUInt64BE(8) !== OPTION_MAGIC) throw protocolError(line, "speaks the old style of NBD only");
  const flags = greeting.readUInt16BE(16);
  const wanted = HANDSHAKE.fixedNewstyle | HANDSHAKE.noZeroes;
  if ((flags & wanted) !== wanted) throw protocolError(line, `lacks fixed newstyle or NO_ZEROES (flags ${flags})`);
  line.send(uint32(wanted));
}

/** @throws AppError source.unsupported when the server has no TLS */
export async function askForTls(line: Line): Promise<void> {
  for await (const answer of ask(line, OPTION.startTls, "TLS", Buffer.alloc(0))) {
    throw protocolError(line, `answered TLS with reply ${answer.type}`);
  }
}

/**
 * Agrees on structured replies and contexts, and chooses the export.
 * @param contexts names to ask for; what the server does not grant is left out
 * @throws AppError source.refused (no such export, policy), source.unsupported, source.protocol
 */
export async function agree(line: Line, exportName: string, contexts: readonly string[]): Promise<Agreement> {
  const name = Buffer.from(exportName);
  if (name.length > MAX_NAME_BYTES) throw new AppError("internal.bug", `export name of ${name.length} bytes`);
  const structured = await askForStructured(line);
  const granted = structured && contexts.length > 0 ? await askForContexts(line, name, contexts) : new Map();
  const found = { size: -1n, flags: 0, blocks: [1, 4096, USUAL_MAX_BLOCK] };
  const wish = Buffer.concat([uint32(name.length), name, Buffer.from([0, 1, 0, INFO.blockSize])]);
  for await (const { type, body } of ask(line, OPTION.go, `export "${exportName}"`, wish)) {
    if (type !== REPLY.info || body.length < 2) throw protocolError(line, `answered GO with reply ${type}`);
    const info = body.readUInt16BE(0);
    if (info === INFO.export) {
      if (body.length !== 12) throw protocolError(line, `describes the export in ${body.length} bytes`);
      found.size = body.readBigUInt64BE(2);
      found.flags = body.readUInt16BE(10);
    } else if (info === INFO.blockSize) {
      if (body.length !== 14) throw protocolError(line, `describes block sizes in ${body.length} bytes`);
      found.blocks = [body.readUInt32BE(2), body.readUInt32BE(6), body.readUInt32BE(10)];
    }
  }
  if (found.size < 0n) throw protocolError(line, `did not say how large export "${exportName}" is`);
  if (found.size > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new AppError("disk.too-large", `NBD export "${exportName}" of ${line.name} is larger than 2^53 bytes`);
  }
  const [minimum = 1, preferred = 4096, maximum = USUAL_MAX_BLOCK] = found.blocks;
  const power = minimum > 0 && minimum <= 65536 && Number.isInteger(Math.log2(minimum));
  if (!power || maximum < minimum || maximum < 4096) {
    throw protocolError(line, `names block sizes that make no sense: ${found.blocks.join(", ")}`);
  }
  return {
    sizeBytes: Number(found.size),
    readOnly: (found.flags & TRANSMISSION.readOnly) !== 0,
    multiConn: (found.flags & TRANSMISSION.multiConn) !== 0,
    structured,
    blocks: { minimum, preferred, maximum },
    contexts: granted,
  };
}

async function askForStructured(line: Line): Promise<boolean> {
  try {
    for await (const { type } of ask(line, OPTION.structuredReply, "structured replies", Buffer.alloc(0))) {
      throw protocolError(line, `answered STRUCTURED_REPLY with reply ${type}`);
    }
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === "source.unsupported") return false;
    throw error;
  }
}

async function askForContexts(line: Line, name: Buffer, contexts: readonly string[]): Promise<Map<string, number>> {
  const queries = contexts.flatMap((context) => [uint32(Buffer.byteLength(context)), Buffer.from(context)]);
  const wish = Buffer.concat([uint32(name.length), name, uint32(contexts.length), ...queries]);
  const granted = new Map<string, number>();
  for await (const { type, body } of ask(line, OPTION.setMetaContext, "metadata contexts", wish)) {
    if (type !== REPLY.metaContext || body.length < 5)
      throw protocolError(line, `answered contexts with reply ${type}`);
    const [id, context] = [body.readUInt32BE(0), body.toString("utf8", 4)];
    if (!contexts.includes(context)) throw protocolError(line, "granted a context nobody asked for");
    if (granted.has(context) || [...granted.values()].includes(id)) {
      throw protocolError(line, `granted context number ${id} twice`);
    }
    granted.set(context, id);
  }
  return granted;
}

interface Answer {
  readonly type: number;
  readonly body: Buffer;
}

/** Sends an option and gives what is answered, up to the acknowledgement. @throws AppError for an error reply */
async function* ask(line: Line, option: number, what: string, data: Buffer): AsyncIterable<Answer> {
  const head = Buffer.alloc(16);
  head.writeBigUInt64BE(OPTION_MAGIC, 0);
  head.writeUInt32BE(option, 8);
  head.writeUInt32BE(data.length, 12);
  line.send(Buffer.concat([head, data]));
  for (let count = 0; count < MAX_ANSWERS; count++) {
    const reply = await line.take(20);
    if (reply.readBigUInt64BE(0) !== OPTION_REPLY_MAGIC)
      throw protocolError(line, "answers options with a wrong magic");
    if (reply.readUInt32BE(8) !== option) {
      throw protocolError(line, `answered option ${reply.readUInt32BE(8)} when ${option} was asked`);
    }
    const [type, length] = [reply.readUInt32BE(12), reply.readUInt32BE(16)];
    if (length > MAX_ANSWER_BYTES) throw protocolError(line, `answers option ${option} with ${length} bytes`);
    const body = length > 0 ? await line.take(length) : Buffer.alloc(0);
    if (type === REPLY.ack) return;
    if (type >= REPLY_ERROR_BIT) throw refusal(line, what, type - REPLY_ERROR_BIT, body);
    yield { type, body };
  }
  throw protocolError(line, `answers option ${option} without end`);
}

function refusal(line: Line, what: string, number: number, body: Buffer): AppError {
  const said = printable(body);
  const reason = REPLY_ERRORS[number] ?? `error ${number}`;
  // Unknown option, invalid, platform: not with this server. The rest: not as things are.
  const code = [1, 3, 4].includes(number) ? "source.unsupported" : "source.refused";
  const words = `NBD server ${line.name} refuses ${what}: ${reason}${said === "" ? "" : ` ("${said}")`}`;
  return new AppError(code, words, { details: { server: line.name, reply: number } });
}

/** A server's words: cut, without control characters. */
export function printable(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.subarray(0, 400)).toString("utf8");
  return text.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, " ").trim();
}

export function protocolError(line: Pick<Line, "name">, what: string): AppError {
  return new AppError("source.protocol", `NBD server ${line.name} ${what}`, { details: { server: line.name } });
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
