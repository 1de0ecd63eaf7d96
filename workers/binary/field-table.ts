/**
 * On-disk structures as ordered tables of named fields: the order gives the offsets, the declared size is asserted when the
 * module loads, reserved bytes are written as zero, and every refusal names structure, file, field and offset.
 *
 * For headers, markers and directory rows. Tables with millions of entries are walked with a DataView instead.
 */
import { AppError } from "../../src-core/model/error.ts";

/** One field: its width and how its value gets in and out of bytes. `kept` is false for reserved bytes. */
export interface Field<T> {
  readonly sizeBytes: number;
  readonly kept: boolean;
  /** Tells what is wrong with the stored bytes by returning a string; the table adds the place. */
  get(view: DataView, at: number, littleEndian: boolean): { value: T } | { tooLarge: string };
  put(view: DataView, at: number, littleEndian: boolean, value: T): void;
}

const field = <T>(sizeBytes: number, get: Field<T>["get"], put: Field<T>["put"], kept = true): Field<T> => ({
  sizeBytes,
  kept,
  get,
  put,
});

/** Unsigned 8 bit. */
export const u8 = (): Field<number> =>
  field(
    1,
    (view, at) => ({ value: view.getUint8(at) }),
    (view, at, _, value) => view.setUint8(at, value),
  );

/** Unsigned 16 bit. */
export const u16 = (): Field<number> =>
  field(
    2,
    (view, at, le) => ({ value: view.getUint16(at, le) }),
    (view, at, le, value) => view.setUint16(at, value, le),
  );

/** Unsigned 32 bit. */
export const u32 = (): Field<number> =>
  field(
    4,
    (view, at, le) => ({ value: view.getUint32(at, le) }),
    (view, at, le, value) => view.setUint32(at, value, le),
  );

/** Unsigned 64 bit size, offset or count as a Number; 2^53 and above is refused with `disk.too-large`. */
export const u64 = (): Field<number> =>
  field(
    8,
    (view, at, le) => {
      const value = view.getBigUint64(at, le);
      return value > BigInt(Number.MAX_SAFE_INTEGER) ? { tooLarge: value.toString() } : { value: Number(value) };
    },
    (view, at, le, value) => view.setBigUint64(at, BigInt(value), le),
  );

/** 64 flag bits, or a number whose all-ones value has a meaning of its own. */
export const flags64 = (): Field<bigint> =>
  field(
    8,
    (view, at, le) => ({ value: view.getBigUint64(at, le) }),
    (view, at, le, value) => view.setBigUint64(at, value, le),
  );

/** 32 flag bits. */
export const flags32 = (): Field<bigint> =>
  field(
    4,
    (view, at, le) => ({ value: BigInt(view.getUint32(at, le)) }),
    (view, at, le, value) => view.setUint32(at, Number(value), le),
  );

/** Bytes as they are (a copy). Encoding wants exactly as many. */
export const bytes = (sizeBytes: number): Field<Uint8Array> =>
  field(
    sizeBytes,
    (view, at) => ({ value: new Uint8Array(view.buffer, view.byteOffset + at, sizeBytes).slice() }),
    (view, at, _, value) => {
      if (value.length !== sizeBytes) throw new RangeError(`a field of ${sizeBytes} bytes got ${value.length}`);
      new Uint8Array(view.buffer, view.byteOffset + at, sizeBytes).set(value);
    },
  );

/** Text of one byte a character, padded with NUL; read up to the first NUL. */
export const ascii = (sizeBytes: number): Field<string> =>
  field(
    sizeBytes,
    (view, at) => {
      const text = Buffer.from(view.buffer, view.byteOffset + at, sizeBytes).toString("latin1");
      const end = text.indexOf("\0");
      return { value: end < 0 ? text : text.slice(0, end) };
    },
    (view, at, _, value) => {
      if (value.length > sizeBytes) throw new RangeError(`"${value}" does not fit ${sizeBytes} bytes`);
      Buffer.from(view.buffer, view.byteOffset + at, sizeBytes).write(value, "latin1");
    },
  );

/** Bytes without meaning: not part of the decoded value, zero when encoded. */
export const reserved = (sizeBytes: number): Field<never> =>
  field<never>(
    sizeBytes,
    () => ({ tooLarge: "" }),
    () => {},
    false,
  );

type Fields = Readonly<
  Record<string, Field<never> | Field<number> | Field<bigint> | Field<string> | Field<Uint8Array>>
>;

type ValueOf<F> = F extends Field<infer T> ? T : never;

/** What a table decodes to: every field but the reserved ones. */
export type Values<F extends Fields> = {
  [K in keyof F as [ValueOf<F[K]>] extends [never] ? never : K]: ValueOf<F[K]>;
};

/** Where the bytes of a structure came from, for error messages. */
export interface Place {
  readonly file: string;
  /** Offset of the structure's first byte in that file. */
  readonly atBytes: number;
}

export interface FieldTable<F extends Fields> {
  readonly name: string;
  readonly sizeBytes: number;
  /** Offset of each field inside the structure. */
  readonly offsets: { readonly [K in keyof F]: number };
  /** @throws AppError disk.truncated where `source` is too short, disk.too-large where a 64-bit number is 2^53 or more */
  decode(source: Uint8Array, place: Place): Values<F>;
  /** A fresh buffer of `sizeBytes`. */
  encode(values: Values<F>): Uint8Array;
}

/**
 * Declares a structure.
 * @param declaredBytes the size the specification gives; a table whose fields do not add up to it throws at once.
 */
export function fieldTable<F extends Fields>(
  name: string,
  declaredBytes: number,
  endian: "little" | "big",
  fields: F,
): FieldTable<F> {
  const littleEndian = endian === "little";
  const offsets: Record<string, number> = {};
  let sizeBytes = 0;
  for (const [key, one] of Object.entries(fields)) {
    offsets[key] = sizeBytes;
    sizeBytes += one.sizeBytes;
  }
  if (sizeBytes !== declaredBytes) {
    throw new Error(`${name}: the fields take ${sizeBytes} bytes, the specification says ${declaredBytes}`);
  }
  const kept = Object.entries(fields as Record<string, Field<unknown>>).filter(([, one]) => one.kept);
  return {
    name,
    sizeBytes,
    offsets: offsets as { [K in keyof F]: number },
    decode(source, place) {
      if (source.length < sizeBytes) {
        throw new AppError(
          "disk.truncated",
          `${name} of ${place.file} at offset ${place.atBytes} needs ${sizeBytes} bytes, there are ${source.length}`,
          { details: { file: place.file, structure: name, offset: place.atBytes } },
        );
      }
      const view = new DataView(source.buffer, source.byteOffset, sizeBytes);
      const values: Record<string, unknown> = {};
      for (const [key, one] of kept) {
        const at = offsets[key] ?? 0;
        const got = one.get(view, at, littleEndian);
        if ("tooLarge" in got) {
          throw new AppError(
            "disk.too-large",
            `${name} of ${place.file}: ${key} at offset ${place.atBytes + at} is ${got.tooLarge}, beyond 2^53`,
            { details: { file: place.file, structure: name, field: key, offset: place.atBytes + at } },
          );
        }
        values[key] = got.value;
      }
      return values as Values<F>;
    },
    encode(values) {
      const out = new Uint8Array(sizeBytes);
      const view = new DataView(out.buffer);
      for (const [key, one] of kept) {
        one.put(view, offsets[key] ?? 0, littleEndian, (values as Record<string, unknown>)[key]);
      }
      return out;
    },
  };
}
