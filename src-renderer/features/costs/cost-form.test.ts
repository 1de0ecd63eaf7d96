import { describe, expect, test } from "vitest";
import { Workload } from "../../../src-core/model/workload.ts";
import { FIRST_FORM } from "../../ui-state/cost-plan.ts";
import { formFault, RESTORE_STEPS, retentionWords, sizeAt, stepOf, toJob, toWorkload } from "./cost-form.ts";

const GIB = 2 ** 30;

describe("the form as a workload", () => {
  test("what it begins with is what the contract takes, filled in whole", () => {
    for (const kind of ["job", "simple"] as const) {
      const workload = toWorkload({ ...FIRST_FORM, kind });
      expect(Workload.parse(workload)).toEqual(workload);
    }
  });

  test("shares become bytes a day", () => {
    const job = toJob({ ...FIRST_FORM, sizeBytes: 3000 * GIB, changePercent: 0.5, growthPercent: 1 });
    expect(job).toMatchObject({ initialBytes: 3000 * GIB, changeBytesPerDay: 15 * GIB, growthBytesPerDay: GIB });
  });

  test.each(RESTORE_STEPS)("%i restores a year are as many in twelve months", (restoresPerYear) => {
    const [read] = toJob({ ...FIRST_FORM, restoresPerYear }).reads;
    const { everyMonths, times } = read ?? { everyMonths: 1, times: 0 };
    expect((12 / everyMonths) * times).toBe(restoresPerYear);
    expect(Workload.safeParse(toJob({ ...FIRST_FORM, restoresPerYear })).success).toBe(true);
  });

  test("a part is never larger than its object", () => {
    expect(toJob({ ...FIRST_FORM, objectMib: 4, partMib: 16 }).partBytes).toBe(4 * 2 ** 20);
  });

  test("nothing kept is said to be wrong", () => {
    const nothing = { ...FIRST_FORM, daily: 0, weekly: 0, monthly: 0, yearly: 0 };
    expect(formFault(nothing)).toMatch(/at least one restore point/);
    expect(formFault({ ...nothing, keepAll: true })).toBeNull();
    expect(formFault(FIRST_FORM)).toBeNull();
  });

  test("retention in words leaves out what is not kept", () => {
    expect(retentionWords({ ...FIRST_FORM, weekly: 0, yearly: 3 })).toBe("7 daily, 12 monthly, 3 yearly");
  });
});

describe("the slider for sizes", () => {
  test("goes from 1 GiB to 1 PiB and back to the same step", () => {
    expect(sizeAt(0)).toBe(GIB);
    expect(sizeAt(200)).toBe(2 ** 50);
    for (let step = 0; step <= 200; step++) expect(stepOf(sizeAt(step))).toBe(step);
  });
  test("a size from elsewhere has the nearest step", () => {
    expect(stepOf(0)).toBe(0);
    expect(stepOf(2 ** 60)).toBe(200);
  });
});
