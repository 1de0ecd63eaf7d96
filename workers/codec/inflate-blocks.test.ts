/** Blocks written by hand, which no encoder writes: the WebAssembly inflate gives zlib's verdict on them. */
import { expect, test } from "vitest";
import { chooseEngine } from "./engine.ts";
import { compareInflate as compare } from "./testing/compare-inflate.ts";
import { writeBits } from "./testing/write-bits.ts";

/** Fields as value:bits, in the order of the stream. */
const ODD_BLOCKS: readonly (readonly [what: string, fields: string])[] = [
  ["block type 3", "1:1 3:2"],
  ["an empty stored block", "1:1 0:2 0:5 0:16 0xffff:16"],
  ["a stored block whose complement is wrong", "1:1 0:2 0:5 0:16 0xfffe:16"],
  ["an empty fixed block", "1:1 1:2 0:7"],
  ["length symbol 286 of the fixed code", "1:1 1:2 0b01100011:8 0:5 0:7"],
  ["a match before any byte", "1:1 1:2 0b1000000:7 0:5 0:7"],
  ["distance symbol 30 of the fixed code", "1:1 1:2 0b00001100:8 0b1000000:7 0b01111:5 0:7"],
  ["30 length symbols too many", "1:1 2:2 31:5 0:5 0:4 0:64"],
  ["31 distance symbols", "1:1 2:2 0:5 30:5 0:4 0:64"],
  ["no code of code lengths", "1:1 2:2 0:5 0:5 0:4 0:12 0:2000"],
  ["a code of code lengths with one code", "1:1 2:2 0:5 0:5 0:4 0:9 1:3 0:2000"],
  ["an over-subscribed code of code lengths", "1:1 2:2 0:5 0:5 0:4 0b001001001001:12 0:2000"],
  ["a repeat of nothing", "1:1 2:2 0:5 0:5 0:4 0b001:3 0:3 0:3 1:3 1:1 0:2 0:2000"],
];

test("blocks that no encoder writes get zlib's verdict", () => {
  const verdicts = ODD_BLOCKS.map(([what, fields]) => compare(writeBits(parseFields(fields)), 300, "raw", what));
  expect(verdicts.filter(Boolean)).toHaveLength(2);
});

function parseFields(text: string): [number, number][] {
  return text.split(" ").map((field) => {
    const [value, bits] = field.split(":");
    return [Number(value), Number(bits)];
  });
}

/**
 * A dynamic block: literal/length code as given by `lengths`, a first distance symbol of `distanceBits`; then `symbols` as raw bits.
 * The head tells of `litlens` and `distances` symbols.
 */
function dynamicBlock(
  lengths: ReadonlyMap<number, number>,
  distanceBits: number,
  symbols: readonly [number, number][],
  litlens = 257,
  distances = 1,
): Buffer {
  // The code of code lengths: symbols 0, 1, 2 and 18 with two bits each, their codes 00, 01, 10 and 11 (sent from the highest bit).
  const sent: Record<number, number> = { 0: 0b00, 1: 0b10, 2: 0b01 };
  const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1];
  const fields: [number, number][] = [
    [1, 1],
    [2, 2],
    [litlens - 257, 5],
    [distances - 1, 5],
    [order.length - 4, 4],
  ];
  for (const symbol of order) fields.push([[0, 1, 2, 18].includes(symbol) ? 2 : 0, 3]);
  for (let symbol = 0; symbol < litlens; symbol++) fields.push([sent[lengths.get(symbol) ?? 0] ?? 0, 2]);
  fields.push([sent[distanceBits] ?? 0, 2]);
  for (let symbol = 1; symbol < distances; symbol++) fields.push([sent[0] ?? 0, 2]);
  fields.push(...symbols);
  return writeBits(fields);
}

test("codes of few symbols get zlib's verdict", () => {
  const rows: [string, ReadonlyMap<number, number>, number, [number, number][], boolean][] = [
    ["only the end, one bit", new Map([[256, 1]]), 0, [[0, 1]], true],
    ["only the end, one bit, and its unused other half", new Map([[256, 1]]), 0, [[1, 1]], false],
    ["only the end, two bits", new Map([[256, 2]]), 0, [[0, 2]], false],
    ["no end", new Map([[65, 1]]), 0, [[0, 1]], false],
    [
      "a literal and the end",
      new Map([
        [65, 1],
        [256, 1],
      ]),
      0,
      [
        [0, 1],
        [0, 1],
        [1, 1],
      ],
      true,
    ],
    [
      "over-subscribed",
      new Map([
        [65, 1],
        [66, 1],
        [256, 1],
      ]),
      0,
      [[1, 1]],
      false,
    ],
    [
      "incomplete",
      new Map([
        [65, 2],
        [66, 2],
        [256, 2],
      ]),
      0,
      [[0, 2]],
      false,
    ],
    [
      "a distance code of two bits alone",
      new Map([
        [65, 1],
        [256, 1],
      ]),
      2,
      [[1, 1]],
      false,
    ],
    [
      "a distance code of one bit alone",
      new Map([
        [65, 1],
        [256, 1],
      ]),
      1,
      [
        [0, 1],
        [1, 1],
      ],
      true,
    ],
  ];
  for (const [what, lengths, distanceBits, symbols, valid] of rows) {
    expect(compare(dynamicBlock(lengths, distanceBits, symbols), 300, "raw", what), what).toBe(valid);
  }
});

test("blocks that announce more symbols than there are get zlib's verdict", () => {
  for (const [litlens, distances, valid] of [
    [286, 30, true],
    [287, 1, false],
    [288, 1, false],
    [257, 31, false],
    [257, 32, false],
  ] as const) {
    const block = dynamicBlock(new Map([[256, 1]]), 0, [[0, 1]], litlens, distances);
    expect(compare(block, 300, "raw", `${litlens} and ${distances} symbols`)).toBe(valid);
  }
});

test("the reason is told", () => {
  const { kernels } = chooseEngine("wasm");
  const inflate = (stored: Uint8Array) => () => kernels.inflate(stored, new Uint8Array(300), "raw");
  expect(inflate(dynamicBlock(new Map([[65, 1]]), 0, []))).toThrow("no code for the end of the block");
  expect(inflate(writeBits(parseFields("1:1 3:2")))).toThrow("unknown block type");
  expect(inflate(Buffer.alloc(0))).toThrow("unexpected end of the stream");
});
