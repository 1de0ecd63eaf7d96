/** Walks the registry: a new format is tested the moment it is listed. */
import { expect, it } from "vitest";
import { FormatId } from "../../src-core/model/disk.ts";
import { FORMATS } from "./registry.ts";
import { conformance } from "./testing/conformance.ts";
import { FIXTURES } from "./testing/fixtures.ts";

it("holds every format of the model once, raw last", () => {
  const ids = FORMATS.map((format) => format.info.id);
  expect([...ids].sort()).toEqual([...FormatId.options].sort());
  expect(ids.at(-1)).toBe("raw");
});

for (const format of FORMATS) {
  const others = FORMATS.filter((other) => other !== format).flatMap((other) => FIXTURES[other.info.id]());
  conformance(format, FIXTURES[format.info.id](), others);
}
