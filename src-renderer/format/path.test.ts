import { expect, it } from "vitest";
import { baseName, folderOf, joinPath, withExtension } from "./path.ts";

it.each([
  ["/vm/web01/disk.vmdk", "/vm/web01", "disk.vmdk"],
  ["/disk.vmdk", "/", "disk.vmdk"],
  ["/vm/odd\\name.raw", "/vm", "odd\\name.raw"],
  ["C:\\VMs\\web01.vmdk", "C:\\VMs", "web01.vmdk"],
  ["C:\\web01.vmdk", "C:\\", "web01.vmdk"],
  ["\\\\nas\\share\\a.vmdk", "\\\\nas\\share", "a.vmdk"],
])("%s is %s and %s, and joins again", (path, folder, name) => {
  expect(folderOf(path)).toBe(folder);
  expect(baseName(path)).toBe(name);
  expect(joinPath(folder, name)).toBe(path);
});

it("keeps a POSIX name that ends in a backslash apart from a separator", () => {
  expect(joinPath("/vm/odd\\", "a.raw")).toBe("/vm/odd\\/a.raw");
});

it("changes the extension only", () => {
  expect(withExtension("web01.disk.vmdk", "qcow2")).toBe("web01.disk.qcow2");
  expect(withExtension("web01", "raw")).toBe("web01.raw");
  expect(withExtension(".hidden", "raw")).toBe(".hidden.raw");
});
