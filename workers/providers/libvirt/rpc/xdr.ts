/**
 * XDR (RFC 4506) as tables: a type knows how to read and write itself, types are put together from types, and what TypeScript calls
 * the value follows. Everything is big-endian and padded to 4 bytes. Reading is bounded: by the message, by each list's and text's
 * limit, and a list is never believed to be longer than its bytes can be.
 */
import { AppError } from "../../../../src-core/model/error.ts";

export interface XdrType<T> {
  /** Fewest bytes a value takes. */
  readonly least: number;
  read(from: XdrReader): T;
  write(to: XdrWriter, value: T): void;
}

/** The value that a type stands for. */
export type XdrValue<X> = X extends XdrType<infer T> ? T : never;

export class XdrReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** @throws AppError source.protocol where the message ends before */
  take(length: number): Buffer {
    if (length > this.left) throw malformed(`${length} bytes are announced where ${this.left} are left`);
    const piece = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return piece;
  }
}

export class XdrWriter {
  readonly #pieces: Uint8Array[] = [];

  add(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    const over = bytes.length % 4;
    if (over > 0) this.#pieces.push(new Uint8Array(4 - over));
  }

  bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}

function malformed(what: string): AppError {
  return new AppError("source.protocol", `libvirt sent a message that makes no sense: ${what}`);
}

/** @throws AppError source.protocol unless `bytes` begin with exactly a value of `type`; `open`: more may follow */
export function decode<T>(type: XdrType<T>, bytes: Buffer, open = false): T {
  const reader = new XdrReader(bytes);
  const value = type.read(reader);
  if (!open && reader.left > 0) throw malformed(`${reader.left} bytes are left over`);
  return value;
}

export function encode<T>(type: XdrType<T>, value: T): Buffer {
  const writer = new XdrWriter();
  type.write(writer, value);
  return writer.bytes();
}

function fixed<T>(size: number, read: (bytes: Buffer) => T, write: (bytes: Buffer, value: T) => void): XdrType<T> {
  return {
    least: size,
    read: (from) => read(from.take(size)),
    write(to, value) {
      const bytes = Buffer.alloc(size);
      write(bytes, value);
      to.add(bytes);
    },
  };
}

export const int = fixed<number>(
  4,
  (bytes) => bytes.readInt32BE(),
  (bytes, value) => void bytes.writeInt32BE(value),
);
export const uint = fixed<number>(
  4,
  (bytes) => bytes.readUInt32BE(),
  (bytes, value) => void bytes.writeUInt32BE(value),
);
/** 64 bits as they come: sizes are made numbers where they are used (`sizeOf`). */
export const hyper = fixed<bigint>(
  8,
  (bytes) => bytes.readBigInt64BE(),
  (bytes, value) => void bytes.writeBigInt64BE(value),
);
export const uhyper = fixed<bigint>(
  8,
  (bytes) => bytes.readBigUInt64BE(),
  (bytes, value) => void bytes.writeBigUInt64BE(value),
);

/** A size that a daemon told, cut to what a number holds exactly. */
export function sizeOf(value: bigint): number {
  return Number(value > BigInt(Number.MAX_SAFE_INTEGER) ? BigInt(Number.MAX_SAFE_INTEGER) : value);
}

export const double = fixed<number>(
  8,
  (bytes) => bytes.readDoubleBE(),
  (bytes, value) => void bytes.writeDoubleBE(value),
);

/** No value at all. */
export const nothing: XdrType<null> = { least: 0, read: () => null, write: () => {} };

/** Bytes of a fixed length. */
export function opaque(length: number): XdrType<Buffer> {
  return {
    least: length,
    read(from) {
      const piece = Buffer.from(from.take(length));
      from.take((4 - (length % 4)) % 4);
      return piece;
    },
    write(to, value) {
      if (value.length !== length)
        throw new AppError("internal.bug", `${value.length} bytes for an opaque of ${length}`);
      to.add(value);
    },
  };
}

/** UTF-8 text. @param most bytes */
export function text(most: number): XdrType<string> {
  return {
    least: 4,
    read(from) {
      const length = uint.read(from);
      if (length > most) throw malformed(`a text of ${length} bytes; ${most} are allowed`);
      const piece = from.take(length).toString("utf8");
      from.take((4 - (length % 4)) % 4);
      return piece;
    },
    write(to, value) {
      const bytes = Buffer.from(value);
      if (bytes.length > most)
        throw new AppError("source.unsupported", `A text of ${bytes.length} bytes is too long for libvirt.`);
      uint.write(to, bytes.length);
      to.add(bytes);
    },
  };
}

export function optional<T>(type: XdrType<T>): XdrType<T | null> {
  return {
    least: 4,
    read: (from) => (uint.read(from) === 0 ? null : type.read(from)),
    write(to, value) {
      uint.write(to, value === null ? 0 : 1);
      if (value !== null) type.write(to, value);
    },
  };
}

export function list<T>(type: XdrType<T>, most: number): XdrType<readonly T[]> {
  return {
    least: 4,
    read(from) {
      const length = uint.read(from);
      if (length > most || length * type.least > from.left)
        throw malformed(`a list of ${length} in ${from.left} bytes`);
      return Array.from({ length }, () => type.read(from));
    },
    write(to, value) {
      uint.write(to, value.length);
      for (const one of value) type.write(to, one);
    },
  };
}

type StructValue<F> = { readonly [K in keyof F]: XdrValue<F[K]> };

/** Fields in their order. */
export function struct<const F extends Record<keyof F, XdrType<never> | XdrType<unknown>>>(
  fields: F,
): XdrType<StructValue<F>> {
  const entries = Object.entries(fields) as [string, XdrType<unknown>][];
  return {
    least: entries.reduce((sum, [, type]) => sum + type.least, 0),
    read: (from) => Object.fromEntries(entries.map(([name, type]) => [name, type.read(from)])) as StructValue<F>,
    write(to, value) {
      const values = value as Readonly<Record<string, unknown>>;
      for (const [name, type] of entries) type.write(to, values[name]);
    },
  };
}

/** A number of which type it is, then a value of it. */
export function union(types: Readonly<Record<number, XdrType<never> | XdrType<unknown>>>): XdrType<unknown> {
  return {
    least: 8,
    read(from) {
      const number = int.read(from);
      const type = types[number] as XdrType<unknown> | undefined;
      if (type === undefined) throw malformed(`a value of unknown type ${number}`);
      return type.read(from);
    },
    write() {
      throw new AppError("internal.bug", "unions are only read");
    },
  };
}
