import { describe, expect, it } from "vitest";
import { JobRequest } from "../model/run.ts";
import { ScheduledWork } from "../model/scheduled-work.ts";
import { expandRequest, expandText, hasPlaceholder, placeholderTexts, unknownPlaceholders } from "./placeholders.ts";

/** Half past one in the night after Berlin has gone over to winter time: 00:30 UTC. */
const VALUES = {
  nominalAt: Date.UTC(2026, 9, 26, 0, 30),
  zone: "Europe/Berlin",
  schedule: "nightly gold",
  runId: "0198c0de-1234-7000-8000-000000000000",
};

const convert = JobRequest.parse({
  kind: "convert",
  sourcePath: "/vm/{date}.vmdk",
  targets: [
    { path: "/backup/{date}/{schedule}.qcow2", format: "qcow2" },
    { path: "/backup/plain.raw", format: "raw" },
  ],
});
const exported = JobRequest.parse({
  kind: "export",
  sourceId: "{run}",
  machineId: "{run}",
  output: { kind: "ova" },
  folder: "/backup/{date}",
  name: "web-{time}",
});

describe("a text", () => {
  it.each([
    ["/backup/{date}", "/backup/2026-10-26"],
    ["{time}", "0130"],
    ["{schedule}-{run}.ova", "nightly gold-0198c0de.ova"],
    ["{date}{date}", "2026-10-262026-10-26"],
    ["nothing to fill in", "nothing to fill in"],
    ["{dates} {Date} {} {constructor}", "{dates} {Date} {} {constructor}"],
    ["{{date}}", "{2026-10-26}"],
    ["{date", "{date"],
  ])("%s", (text, filled) => expect(expandText(text, VALUES)).toBe(filled));

  it("has the day and time of the schedule's zone, not of UTC or of this computer", () => {
    const at = Date.UTC(2026, 0, 1, 3);
    const filled = (zone: string) => expandText("{date} {time}", { ...VALUES, nominalAt: at, zone });
    expect([filled("UTC"), filled("America/New_York"), filled("Pacific/Auckland")]).toEqual([
      "2026-01-01 0300",
      "2025-12-31 2200",
      "2026-01-01 1600",
    ]);
  });

  it.each([
    ["../../etc/passwd", "--..-etc-passwd"],
    ["..", "-"],
    [".hidden", "-hidden"],
    ["C:\\temp\\x", "C--temp-x"],
    ['a*b?c"d<e>f|g', "a-b-c-d-e-f-g"],
    ["line\nbreak\u0000", "line-break-"],
    ["{run}", "{run}"],
    ["Sicherung nächtlich 备份 💾", "Sicherung nächtlich 备份 💾"],
  ])("takes the schedule's name %j as part of one file's name", (schedule, filled) => {
    const text = expandText("/backup/{schedule}/x", { ...VALUES, schedule });
    expect(text.split("/")).toHaveLength(4);
    expect(text).toBe(`/backup/${filled}/x`);
  });

  it("names what stands for nothing", () => {
    expect(unknownPlaceholders("/b/{date}/{hour}-{}-{Date}")).toEqual(["hour", "", "Date"]);
    expect(unknownPlaceholders("/b/{date}/{time}/{schedule}/{run}")).toEqual([]);
    // Not one word in braces, but parts of two folders' names.
    expect(unknownPlaceholders("/b/{a/b}")).toEqual([]);
    expect([hasPlaceholder("/b/{run}"), hasPlaceholder("/b/{hour}")]).toEqual([true, false]);
  });
});

describe("work", () => {
  it("is filled in where something is made, and nowhere else", () => {
    expect(expandRequest(convert, VALUES)).toEqual({
      ...convert,
      targets: [
        expect.objectContaining({ path: "/backup/2026-10-26/nightly gold.qcow2", format: "qcow2" }),
        expect.objectContaining({ path: "/backup/plain.raw", format: "raw" }),
      ],
    });
    expect(expandRequest(exported, VALUES)).toEqual({ ...exported, folder: "/backup/2026-10-26", name: "web-0130" });
    const check = JobRequest.parse({ kind: "check", path: "/vm/{date}.raw" });
    expect(expandRequest(check, VALUES)).toEqual(check);
  });

  it("gets no name that it did not have", () => {
    const { name: _name, ...nameless } = exported as Extract<JobRequest, { kind: "export" }>;
    expect(expandRequest(nameless, VALUES)).not.toHaveProperty("name");
  });

  it("tells its texts by their fields", () => {
    const textsOf = (request: JobRequest) => placeholderTexts({ kind: "job", request });
    expect(textsOf(convert)).toEqual([
      { field: "work.request.targets.0.path", text: "/backup/{date}/{schedule}.qcow2" },
      { field: "work.request.targets.1.path", text: "/backup/plain.raw" },
    ]);
    expect(textsOf(exported)).toEqual([
      { field: "work.request.folder", text: "/backup/{date}" },
      { field: "work.request.name", text: "web-{time}" },
    ]);
    expect(textsOf(JobRequest.parse({ kind: "check", path: "/vm/{date}.raw" }))).toEqual([]);
    const selection = ScheduledWork.parse({
      kind: "export-selection",
      rule: { sourceIds: ["s"] },
      options: { output: { kind: "ova" }, folder: "/backup/{date}" },
    });
    expect(placeholderTexts(selection)).toEqual([{ field: "work.options.folder", text: "/backup/{date}" }]);
  });
});
