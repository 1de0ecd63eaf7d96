import { describe, expect, it } from "vitest";
import { makeCodec } from "./codec.ts";

const { encode, decode } = makeCodec();
const trip = (value: unknown) => decode(encode(value));

describe("codec", () => {
  it.each([
    ["primitives", [null, undefined, true, "text", 1.5, Number.NaN, -0, Number.NEGATIVE_INFINITY, 2n ** 70n]],
    ["objects", { a: { b: [1, { c: undefined }] }, empty: {}, list: [] }],
    ["dates", new Date(86_400_000)],
    ["patterns", /a+b/giu],
    ["maps", new Map<unknown, unknown>([["k", new Map([[1, { deep: true }]])]])],
    ["sets", new Set([1, "two", { three: 3 }])],
    ["bytes", Uint8Array.from({ length: 20_000 }, (_, i) => (i * 7) % 251)],
    ["wide views", Float64Array.of(1.25, -3)],
    ["buffers", Uint8Array.of(9, 8, 7).buffer],
  ])("carries %s", (_name, value) => {
    expect(trip(value)).toStrictEqual(value);
  });

  it("carries a view of a part of a buffer with its place", () => {
    const part = new Uint8Array(Uint8Array.of(0, 1, 2, 3, 4, 5).buffer, 2, 3);
    const back = trip(part) as Uint8Array;
    expect([...back]).toEqual([2, 3, 4]);
    expect(back.byteOffset).toBe(2);
    expect(back.buffer.byteLength).toBe(6);
  });

  it("carries errors with name and message", () => {
    const back = trip(new RangeError("too far")) as Error;
    expect(back).toBeInstanceOf(Error);
    expect([back.name, back.message]).toEqual(["RangeError", "too far"]);
  });

  it("keeps cycles and shared references", () => {
    const shared = { n: 1 };
    const root: Record<string, unknown> = { one: shared, two: shared };
    root.self = root;
    const back = trip(root) as typeof root;
    expect(back.self).toBe(back);
    expect(back.one).toBe(back.two);
    expect(back.one).toEqual({ n: 1 });
  });

  it("does not let a key named __proto__ change the prototype", () => {
    const back = trip(JSON.parse('{"__proto__":{"admin":true}}')) as { admin?: boolean };
    expect(back.admin).toBeUndefined();
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
  });

  it.each([
    ["functions", () => 1],
    ["symbols", Symbol("s")],
    ["promises", Promise.resolve()],
    ["nested functions", { deep: [{ f: () => 1 }] }],
    ["weak maps", new WeakMap()],
  ])("refuses %s as Electron does", (_name, value) => {
    expect(() => encode(value)).toThrow("An object could not be cloned.");
  });
});
