import { expect, it } from "vitest";
import { ScheduleDefinition } from "../../../../src-core/model/schedule.ts";
import { fieldName, plainMessage, problemsOf, sectionOf } from "./field-problems.ts";

const problem = (field: string, fatal = true) => ({ field, message: `wrong ${field}`, fatal });

it("has a section for each member of a definition", () => {
  for (const member of Object.keys(ScheduleDefinition.shape)) {
    if (member !== "name") expect(sectionOf(`${member}.0`), member).not.toBe("basics");
  }
  expect(sectionOf("when.expression")).toBe("when");
  expect(sectionOf("")).toBe("basics");
});

it("shows what is wrong beside its field, the rest under the section, and nothing before somebody was there", () => {
  const all = [problem("when.expression"), problem("zone"), problem("jitterMs", false), problem("name")];
  const when = problemsOf(all, "when", true);
  expect(when.at("when.expression")).toBe("wrong when.expression");
  expect(when.at("when")).toBeUndefined();
  expect(when.rest(["when.expression", "zone"]).map(({ field }) => field)).toEqual(["jitterMs"]);
  expect(when.count).toBe(2);
  expect(problemsOf(all, "when", false).count).toBe(0);
});

it("says in plain words what a schema says of what is empty", () => {
  const empty = {
    name: "",
    work: { kind: "job", request: { kind: "check", path: "" } },
    zone: "",
    when: { kind: "after" },
  };
  const issues = ScheduleDefinition.safeParse(empty).error?.issues ?? [];
  expect(issues.map(({ path, message }) => `${fieldName(path.join("."))}: ${plainMessage(message)}`)).toEqual([
    "Name: It is missing.",
    "Disk to check: It is missing.",
    "Time zone: It is missing.",
  ]);
  const days = { ...empty, when: { kind: "calendar", days: { kind: "weekdays", weekdays: [] }, times: [] } };
  const shape = ScheduleDefinition.safeParse(days).error?.issues ?? [];
  expect(shape.map(({ message }) => plainMessage(message))).not.toContainEqual(expect.stringContaining("Too small"));
});
