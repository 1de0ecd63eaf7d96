import { ORPCError } from "@orpc/client";
import { expect, it } from "vitest";
import { toErrorData } from "./error-data.ts";

const data = { code: "path.not-found", message: "/vm is gone", hint: "Check the path.", retryable: false } as const;

it("takes the plain error out of the transport's", () => {
  expect(toErrorData(new ORPCError("path.not-found", { data }))).toEqual(data);
});

it("keeps the answer's code where the program gave no error of its own", () => {
  expect(toErrorData(new ORPCError("BAD_REQUEST", { message: "Input validation failed" }))).toEqual({
    code: "internal.bug",
    message: "Input validation failed",
    retryable: false,
    details: { answer: "BAD_REQUEST" },
  });
});

it("passes plain errors through and names everything else", () => {
  expect(toErrorData(data)).toEqual(data);
  expect(toErrorData(new TypeError("x is not a function"))).toMatchObject({
    code: "internal.bug",
    message: "x is not a function",
  });
  expect(toErrorData("odd")).toMatchObject({ message: "odd" });
});
