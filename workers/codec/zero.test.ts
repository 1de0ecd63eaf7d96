/** Both implementations find zeros, and agree. */
import { expect, test } from "vitest";
import { chooseEngine, engineChoice, kernels, zstd } from "./engine.ts";

const engines = [chooseEngine("wasm").kernels, chooseEngine("zlib").kernels];

test.each(engines)("$name: one byte that is not zero is found wherever it is", (engine) => {
  for (const area of [engine.allocate(700), new Uint8Array(700)]) {
    for (const size of [0, 1, 15, 16, 63, 64, 65, 127, 128, 129, 300]) {
      for (const from of [0, 1, 7]) {
        area.fill(0xff);
        const part = area.subarray(from, from + size).fill(0);
        expect(engine.isZero(part), `${size} zeros at ${from}`).toBe(true);
        for (let at = 0; at < size; at++) {
          part[at] = 1;
          expect(engine.isZero(part), `byte ${at} of ${size} at ${from}`).toBe(false);
          part[at] = 0;
        }
      }
    }
  }
});

test.each(engines)("$name: the zero units of a window, the last one short", (engine) => {
  const unit = 4096;
  for (const window of [engine.allocate(40 * unit + 100), new Uint8Array(40 * unit + 100)]) {
    const expected = Array.from({ length: 41 }, (_, index) => (index % 3 === 0 || index === 40 ? 1 : 0));
    for (const [index, zero] of expected.entries())
      if (zero === 0) window[index * unit + ((index * 997) % unit)] = 0x80;
    expect([...engine.zeroUnits(window, unit)]).toEqual(expected);
    window[window.length - 1] = 1;
    expect([...engine.zeroUnits(window, unit)].at(-1)).toBe(0);
    expect([...engine.zeroUnits(window.subarray(0, 0), unit)]).toEqual([]);
  }
});

test.each(engines)("$name: allocated buffers are zero, apart, shared and on a page", (engine) => {
  const first = engine.allocate(5000);
  const second = engine.allocate(100_000);
  expect([first.length, second.length]).toEqual([5000, 100_000]);
  for (const bytes of [first, second]) {
    expect(bytes.byteOffset % 4096).toBe(0);
    expect(bytes.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(engine.isZero(bytes)).toBe(true);
  }
  first.fill(1);
  expect(engine.isZero(second)).toBe(true);
});

test("the WebAssembly memory has an end", () => {
  const { kernels: engine } = chooseEngine("wasm");
  expect(() => engine.allocate(64 * 1024 * 1024)).toThrow(RangeError);
  expect(engine.allocate(60 * 1024 * 1024)).toHaveLength(60 * 1024 * 1024);
  // No room is left for scratch areas: the call is done all the same.
  expect(engine.zeroUnits(new Uint8Array(8192), 4096)).toEqual(Uint8Array.of(1, 1));
});

test("a thread has one engine and says which", () => {
  expect(kernels()).toBe(kernels());
  expect(zstd()).toBe(zstd());
  expect(engineChoice()).toEqual({ kernels: kernels().name, reason: null, zstd: "reused" });
  expect(chooseEngine("zlib")).toMatchObject({ kernels: { name: "zlib" }, reason: "chosen" });
});

test.each(engines)("$name: memory that was taken back is handed out again, and is zero", (engine) => {
  engine.takeBack();
  for (let i = 0; i < 3; i++) {
    const area = engine.allocate(40 * 1024 * 1024);
    expect(engine.isZero(area)).toBe(true);
    area.fill(7);
    engine.takeBack();
  }
});
