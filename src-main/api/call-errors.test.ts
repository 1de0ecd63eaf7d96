import { ORPCError, ValidationError } from "@orpc/server";
import { describe, expect, it } from "vitest";
import { AppError, ERROR_CATALOGUE } from "../../src-core/model/error.ts";
import { AppErrorData } from "../../src-core/model/error-data.ts";
import type { Log } from "../log/log.ts";
import { callError, errorBody, isCallError, presentable } from "./call-errors.ts";

function recordingLog(): { log: Log; lines: unknown[] } {
  const lines: unknown[] = [];
  const write = (message: string, fields?: object) => lines.push({ message, ...fields });
  const log: Log = { debug: write, info: write, warn: write, error: write, child: () => log };
  return { log, lines };
}

describe("errors at the door", () => {
  it.each(Object.keys(ERROR_CATALOGUE) as (keyof typeof ERROR_CATALOGUE)[])(
    "%s has its status and its data",
    (code) => {
      const body = errorBody(new AppError(code, "what happened", { details: { path: "/x" } }));
      expect(body).toMatchObject({
        defined: true,
        code,
        status: ERROR_CATALOGUE[code].status,
        message: "what happened",
      });
      expect(AppErrorData.parse(body.data)).toMatchObject({ code, details: { path: "/x" } });
      expect(isCallError(callError(new AppError(code)))).toBe(true);
    },
  );

  it("what nobody foresaw leaves without its insides, which are logged", () => {
    const { log, lines } = recordingLog();
    const thrown = new TypeError("cannot read secret-thing of /home/somebody");
    const told = presentable(thrown, log, "runs.get");
    expect(JSON.stringify(errorBody(told))).not.toMatch(/secret-thing|somebody|stack/);
    expect(told.code).toBe("internal.bug");
    expect(lines).toEqual([expect.objectContaining({ call: "runs.get", error: thrown })]);
    const output = new ORPCError("INTERNAL_SERVER_ERROR", {
      message: "Output validation failed",
      data: "secret-thing",
    });
    expect(JSON.stringify(errorBody(presentable(output, log, "x")))).not.toContain("secret-thing");
    expect(presentable(undefined, log, "x").code).toBe("internal.bug");
  });

  it("input that does not fit names its fields", () => {
    const { log, lines } = recordingLog();
    const issues = [
      { message: "Too big", path: ["request", "priority"] },
      { message: "Required", path: [{ key: "label" }] },
    ];
    const cause = new ValidationError({ message: "", issues, data: {} });
    const told = presentable(new ORPCError("BAD_REQUEST", { cause }), log, "jobs.start");
    expect(told.toData()).toMatchObject({
      code: "request.invalid",
      message: "request.priority: Too big; label: Required",
      details: { field: "request.priority" },
    });
    expect(lines).toEqual([]);
  });
});
