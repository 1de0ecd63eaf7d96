import { expect, it } from "vitest";
import { codeInFragment, readPasted } from "./session.ts";

it.each([
  ["#code=AbC-_9", "AbC-_9"],
  ["#code=a%2Bb", "a+b"],
  ["#code=", null],
  ["#/jobs/1", null],
  ["", null],
])("fragment '%s' holds %s", (fragment, code) => {
  expect(codeInFragment(fragment)).toBe(code);
});

it.each([
  ["  http://127.0.0.1:8080/#code=XYZ \n", "XYZ"],
  ["#code=XYZ", "XYZ"],
  [" plain-token ", "plain-token"],
])("of '%s' takes '%s'", (pasted, credential) => {
  expect(readPasted(pasted)).toBe(credential);
});
