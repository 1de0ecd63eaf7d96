import { describe, expect, it } from "vitest";
import { MAX_YAML, readDataText } from "./data-text.ts";

const MiB = 2 ** 20;
const fill = (part: string, length: number) => part.repeat(Math.ceil(length / part.length)).slice(0, length);
const problemsOf = (text: string) => {
  const read = readDataText(text);
  return "problems" in read ? read.problems : [];
};

it("reads YAML and JSON, and says where a mistake is", () => {
  expect(readDataText("a: [1, x]\nb: { c: 2026-01-01T00:00 }\n")).toEqual({
    data: { a: [1, "x"], b: { c: "2026-01-01T00:00" } },
  });
  expect(readDataText('{"a": [1]}')).toEqual({ data: { a: [1] } });
  expect(readDataText("{a: 1}")).toEqual({ data: { a: 1 } });
  expect(problemsOf("a: 1\nb: 2\na: 3\n")).toEqual(["Map keys must be unique at line 3, column 1."]);
  expect(problemsOf('{"a": [1\n')[0]).toMatch(/ at line 2, column 1\.$/);
});

// Each takes a fraction of a second; read to its end it would take minutes, and end at the limit of a test.
describe("what is no YAML is refused without being read to its end", () => {
  const halves = { short: MAX_YAML - 1, long: 40 * MiB };
  const texts: Record<string, string> = {
    "fields that are all the same": "key: value\n",
    "a list": "- 1\n",
    braces: "{}",
    quotes: '"',
    "an open list": "[1,",
    anchors: "&a ",
    documents: "---\nx: [\n",
    "a program": "\x7fELF\x02\x01\x01\0\0\u00ff\u00fe",
  };
  for (const [size, length] of Object.entries(halves)) {
    it.each(Object.keys(texts))(`${size}: %s`, (name) => {
      const problems = problemsOf(fill(texts[name] ?? "", length));
      expect(problems.length).toBeGreaterThan(0);
      expect(problems.length).toBeLessThanOrEqual(100);
      if (size === "long") expect(problems[0]).toMatch(/too long|too deep/);
    });
  }

  it("very many fields in one place, deep inside", () => {
    const fields = Array.from({ length: 10_000 }, (_, index) => `  k${index}: 1`).join("\n");
    expect(problemsOf(`all:\n${fields}\n`)).toEqual([expect.stringContaining("too many fields in one place")]);
  });
});

describe("parts that are repeated", () => {
  it("are read where there are a few", () => {
    expect(readDataText("a: &x { b: 1 }\nc: *x\nd: *x\n")).toEqual({ data: { a: { b: 1 }, c: { b: 1 }, d: { b: 1 } } });
  });

  it("make no gigabytes out of nine lines", () => {
    const bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let n = 1; n < 9; n += 1)
      bomb.push(
        `a${n}: &a${n} [${Array(10)
          .fill(`*a${n - 1}`)
          .join(", ")}]`,
      );
    expect(problemsOf(bomb.join("\n"))).toEqual([expect.stringMatching(/alias/i)]);
  });

  it("are neither nothing nor a part of themselves", () => {
    expect(problemsOf("a: *nobody\n")).toEqual([expect.stringContaining("nobody")]);
    expect(problemsOf("a: &a [*a]\n")).toEqual([expect.stringContaining("itself")]);
  });
});
