import { expect, it } from "vitest";
import { isWithin } from "./within.ts";

it.each([
  ["/vm", "/vm", true],
  ["/vm", "/vm/a/b.vmdk", true],
  ["/vm", "/vm/..a/b", true],
  ["/", "/etc/passwd", true],
  ["/vm", "/vmx/a", false],
  ["/vm", "/", false],
  ["/vm/a", "/vm/b", false],
  ["/vm", "/vm/../etc", false],
])("%s holds %s: %s", (folder, path, expected) => {
  expect(isWithin(folder, path)).toBe(expected);
});
