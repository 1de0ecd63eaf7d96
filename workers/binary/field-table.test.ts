import { describe, expect, it } from "vitest";
import { AppError } from "../../src-core/model/error.ts";
import { ascii, bytes, fieldTable, flags32, flags64, reserved, u8, u16, u32, u64 } from "./field-table.ts";

const fields = {
  magic: ascii(4),
  small: u8(),
  gap: reserved(3),
  half: u16(),
  flags: flags32(),
  word: u32(),
  size: u64(),
  bits: flags64(),
  tail: bytes(2),
};
const place = { file: "a.img", atBytes: 1000 };
const sample = {
  magic: "ABC",
  small: 7,
  half: 0x1234,
  flags: 0x8000_0001n,
  word: 0xfedc_ba98,
  size: 2 ** 53 - 1,
  bits: 2n ** 64n - 1n,
  tail: Uint8Array.of(9, 8),
};

describe("fieldTable", () => {
  it.each(["little", "big"] as const)("round-trips every kind of field, %s endian", (endian) => {
    const table = fieldTable("thing", 36, endian, fields);
    expect(table.decode(table.encode(sample), place)).toEqual(sample);
  });

  it("lays the fields out in order, in the declared byte order", () => {
    const table = fieldTable("thing", 36, "little", fields);
    expect(table.offsets).toEqual({
      magic: 0,
      small: 4,
      gap: 5,
      half: 8,
      flags: 10,
      word: 14,
      size: 18,
      bits: 26,
      tail: 34,
    });
    const image = table.encode(sample);
    expect([...image.subarray(8, 10)]).toEqual([0x34, 0x12]);
    expect([...fieldTable("thing", 36, "big", fields).encode(sample).subarray(8, 10)]).toEqual([0x12, 0x34]);
  });

  it("writes reserved bytes as zero and leaves them out of the value", () => {
    const table = fieldTable("thing", 36, "little", fields);
    const image = table.encode(sample);
    expect([...image.subarray(5, 8)]).toEqual([0, 0, 0]);
    image.fill(0xff, 5, 8);
    expect(table.decode(image, place)).toEqual(sample);
  });

  it("refuses a declared size the fields do not add up to", () => {
    expect(() => fieldTable("thing", 35, "little", fields)).toThrow("thing: the fields take 36 bytes");
  });

  it("names structure, file and offset when bytes are missing", () => {
    const table = fieldTable("thing", 36, "little", fields);
    const error = caught(() => table.decode(new Uint8Array(35), place));
    expect(error.code).toBe("disk.truncated");
    expect(error.message).toBe("thing of a.img at offset 1000 needs 36 bytes, there are 35");
  });

  it("names the field and its offset when a 64-bit number is beyond 2^53", () => {
    const table = fieldTable("thing", 36, "big", fields);
    const image = table.encode(sample);
    image[18] = 0x80;
    const error = caught(() => table.decode(image, place));
    expect(error.code).toBe("disk.too-large");
    expect(error.message).toContain("size at offset 1018");
  });

  it("decodes from a view into a larger buffer", () => {
    const table = fieldTable("thing", 36, "little", fields);
    const large = new Uint8Array(100);
    large.set(table.encode(sample), 13);
    expect(table.decode(large.subarray(13), place)).toEqual(sample);
  });
});

function caught(run: () => unknown): AppError {
  try {
    run();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
