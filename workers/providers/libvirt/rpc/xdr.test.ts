import fc from "fast-check";
import { expect, test } from "vitest";
import { CALL, Domain, RemoteError } from "./procedures.ts";
import {
  decode,
  encode,
  hyper,
  int,
  list,
  opaque,
  optional,
  sizeOf,
  struct,
  text,
  uhyper,
  uint,
  type XdrType,
} from "./xdr.ts";

const uuid = Buffer.from("00112233445566778899aabbccddeeff", "hex");

test("writes what RFC 4506 says", () => {
  expect(encode(text(10), "abcde").toString("hex")).toBe("000000056162636465000000");
  expect(encode(optional(int), null).toString("hex")).toBe("00000000");
  expect(encode(optional(int), -2).toString("hex")).toBe("00000001fffffffe");
  expect(encode(list(uint, 3), [1, 2]).toString("hex")).toBe("000000020000000100000002");
  const domain = encode(Domain, { name: "web", uuid, id: -1 }).toString("hex");
  expect(domain).toBe(`0000000377656200${uuid.toString("hex")}ffffffff`);
});

test("what is written is read", () => {
  const shape = struct({
    a: text(1000),
    b: optional(text(1000)),
    c: list(struct({ n: int, h: hyper }), 50),
    d: opaque(7),
    e: uhyper,
  });
  const value = fc.record({
    a: fc.string({ maxLength: 100, unit: "grapheme" }),
    b: fc.option(fc.string({ maxLength: 100 })),
    c: fc.array(
      fc.record({
        n: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        h: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      }),
      { maxLength: 50 },
    ),
    d: fc.uint8Array({ minLength: 7, maxLength: 7 }).map((bytes) => Buffer.from(bytes)),
    e: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  });
  fc.assert(
    fc.property(value, (one) => {
      expect(decode(shape, encode(shape, one))).toEqual(one);
    }),
  );
});

const code = (work: () => unknown) => {
  try {
    work();
    return null;
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

test.each([
  ["a text longer than its bytes", text(100), "00000010616263"],
  ["a text longer than allowed", text(4), "000000056162636465000000"],
  ["a list longer than its bytes can be", list(int, 1e9), "3b9aca00"],
  ["a list longer than allowed", list(int, 1), "000000020000000100000002"],
  ["a domain cut off", Domain, "0000000377656200001122"],
  ["more than a value", int, "0000000100000002"],
  ["nothing", int, ""],
  [
    "a stat of a type nobody knows",
    CALL.domainStats.result,
    `00000001000000017700000000112233445566778899aabbccddeeff00000001000000010000000161000000000000ff00000000`,
  ],
] as [string, XdrType<unknown>, string][])("refuses %s", (_, type, hex) => {
  expect(code(() => decode(type, Buffer.from(hex, "hex")))).toBe("source.protocol");
});

test("any bytes are a value or an error, never more memory than they are worth", () => {
  const types = [
    RemoteError,
    CALL.listDomains.result,
    CALL.domainStats.result,
    CALL.nodeInfo.result,
    CALL.listSnapshots.result,
  ];
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 400 }),
      fc.constantFrom<XdrType<unknown>>(...(types as XdrType<unknown>[])),
      (bytes, type) => {
        expect([null, "source.protocol"]).toContain(code(() => decode(type, Buffer.from(bytes))));
      },
    ),
  );
});

test("sizes beyond what a number holds are cut", () => {
  expect(sizeOf(2n ** 64n - 1n)).toBe(Number.MAX_SAFE_INTEGER);
  expect(sizeOf(5n)).toBe(5);
});
