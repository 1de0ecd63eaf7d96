import { expect, it } from "vitest";
import { assertFitsPipe } from "./standard-input.ts";

it.each([
  [{ verify: { mode: "full" } }, "--verify"],
  [{ verify: { mode: "sample", fraction: 0.1, seed: 1 } }, "--verify"],
  [{ detach: true, verify: { mode: "none" } }, "--detach"],
  [{ snapshot: "one" }, "--snapshot"],
  [{ from: "raw" }, "raw"],
] as const)("%j needs a file", (options, named) => {
  expect(() => assertFitsPipe(options)).toThrow(
    expect.objectContaining({ code: "usage.invalid", message: expect.stringContaining(named) }),
  );
});
