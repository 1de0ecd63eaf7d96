/** Blocks written by hand, which no encoder writes: the WebAssembly inflate gives zlib's verdict on them. */
import { expect, test } from "vitest";
import { compareInflate as compare } from "./testing/compare-inflate.ts";
import { writeBits } from "./testing/write-bits.ts";

/** [value, number of bits] in the order of the stream: the odd blocks no encoder writes. */
const ODD_BLOCKS: readonly (readonly [string, readonly (readonly [number, number])[]])[] = [
  [
    "block type 3",
    [
      [1, 1],
      [3, 2],
    ],
  ],
  [
    "an empty stored block",
    [
      [1, 1],
      [0, 2],
      [0, 5],
      [0, 16],
      [0xffff, 16],
    ],
  ],
  [
    "a stored block whose complement is wrong",
    [
      [1, 1],
      [0, 2],
      [0, 5],
      [0, 16],
      [0xfffe, 16],
    ],
  ],
  [
    "an empty fixed block",
    [
      [1, 1],
      [1, 2],
      [0, 7],
    ],
  ],
  [
    "length symbol 286 of the fixed code",
    [
      [1, 1],
      [1, 2],
      [0b01100011, 8],
      [0, 5],
      [0, 7],
    ],
  ],
  [
    "a match before any byte",
    [
      [1, 1],
      [1, 2],
      [0b1000000, 7],
      [0, 5],
      [0, 7],
    ],
  ],
  [
    "distance symbol 30 of the fixed code",
    [
      [1, 1],
      [1, 2],
      [0b00001100, 8],
      [0b1000000, 7],
      [0b01111, 5],
      [0, 7],
    ],
  ],
  [
    "30 length symbols too many",
    [
      [1, 1],
      [2, 2],
      [31, 5],
      [0, 5],
      [0, 4],
      [0, 64],
    ],
  ],
  [
    "31 distance symbols",
    [
      [1, 1],
      [2, 2],
      [0, 5],
      [30, 5],
      [0, 4],
      [0, 64],
    ],
  ],
  [
    "no code of code lengths",
    [
      [1, 1],
      [2, 2],
      [0, 5],
      [0, 5],
      [0, 4],
      [0, 12],
      [0, 2000],
    ],
  ],
  [
    "a code of code lengths with one code",
    [
      [1, 1],
      [2, 2],
      [0, 5],
      [0, 5],
      [0, 4],
      [0, 9],
      [1, 3],
      [0, 2000],
    ],
  ],
  [
    "an over-subscribed code of code lengths",
    [
      [1, 1],
      [2, 2],
      [0, 5],
      [0, 5],
      [0, 4],
      [0b001001001001, 12],
      [0, 2000],
    ],
  ],
  [
    "a repeat of nothing",
    [
      [1, 1],
      [2, 2],
      [0, 5],
      [0, 5],
      [0, 4],
      [0b001, 3],
      [0, 3],
      [0, 3],
      [1, 3],
      [1, 1],
      [0, 2],
      [0, 2000],
    ],
  ],
];

test("blocks that no encoder writes get zlib's verdict", () => {
  const verdicts = ODD_BLOCKS.map(([what, fields]) => compare(writeBits(fields), 300, "raw", what));
  expect(verdicts.filter(Boolean)).toHaveLength(2);
});

/** A dynamic block: literal/length code as given by `lengths`, one distance symbol of `distanceBits`; then `symbols` as raw bits. */
function dynamicBlock(
  lengths: ReadonlyMap<number, number>,
  distanceBits: number,
  symbols: readonly [number, number][],
): Buffer {
  // The code of code lengths: symbols 0, 1, 2 and 18 with two bits each, their codes 00, 01, 10 and 11 (sent from the highest bit).
  const sent: Record<number, number> = { 0: 0b00, 1: 0b10, 2: 0b01 };
  const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1];
  const fields: [number, number][] = [
    [1, 1],
    [2, 2],
    [0, 5],
    [0, 5],
    [order.length - 4, 4],
  ];
  for (const symbol of order) fields.push([[0, 1, 2, 18].includes(symbol) ? 2 : 0, 3]);
  for (let symbol = 0; symbol < 257; symbol++) fields.push([sent[lengths.get(symbol) ?? 0] ?? 0, 2]);
  fields.push([sent[distanceBits] ?? 0, 2], ...symbols);
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
