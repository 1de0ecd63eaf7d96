import { describe, expect, it } from "vitest";
import type { ConvertTarget } from "../../src-core/model/task.ts";
import { fromCheckpoint, toCheckpoint } from "./resume-point.ts";

const targets: ConvertTarget[] = [
  { path: "/t/a.raw", format: "raw", options: {}, overwrite: false, partialPath: "/t/.a.raw.1.partial" },
  { path: "/t/b.vdi", format: "vdi", options: { blockBytes: 1 }, overwrite: false, partialPath: "/t/.b.vdi.1.partial" },
];
const points = [
  { doneBytes: 7, state: { a: 1 } },
  { doneBytes: 7, state: { b: "two" } },
];
const now = { targets, source: "the source", partialExists: true };
const made = toCheckpoint(points, targets, "the source");

describe("a conversion's resume point", () => {
  it("gives back what each writer put in, through JSON", () => {
    expect(fromCheckpoint(JSON.parse(JSON.stringify(made)), now)).toEqual(points);
  });

  it.each([
    ["another source", made.state, { ...now, source: "another" }, /source changed/],
    ["other targets", made.state, { ...now, targets: targets.slice(1) }, /other targets/],
    ["a file that is gone", made.state, { ...now, partialExists: false }, /file is gone/],
    ["nothing", {}, now, /another version/],
    ["another version", { ...made.state, version: 1 }, now, /another version/],
    ["targets that are no text", { ...made.state, targets: 1 }, now, /another version/],
    ["a source that is no text", { ...made.state, source: null }, now, /another version/],
    ["no writers", { ...made.state, writers: { length: 0 } }, now, /another version/],
    ["writers that are none", { ...made.state, writers: [{}, null] }, now, /another version/],
    ["writers that are lists", { ...made.state, writers: [{}, []] }, now, /another version/],
  ])("is not used with %s", (_, state, world, reason) => {
    expect(fromCheckpoint({ doneBytes: 7, state }, world)).toEqual({ unusable: expect.stringMatching(reason) });
  });
});
