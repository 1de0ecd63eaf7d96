import { expect, test } from "vitest";
import { ovaMemberPath, ovaPathsIn } from "./ova-path.ts";

test.each([
  ["/vm/app.ova/disk1.vmdk", [["/vm/app.ova", "disk1.vmdk"]]],
  ["/vm/App.OVA//sub/disk1.vmdk", [["/vm/App.OVA", "sub/disk1.vmdk"]]],
  ["C:\\vm\\app.ova\\sub\\disk1.vmdk", [["C:\\vm\\app.ova", "sub/disk1.vmdk"]]],
  [
    "/old.ova/app.ova/d",
    [
      ["/old.ova", "app.ova/d"],
      ["/old.ova/app.ova", "d"],
    ],
  ],
  ["/vm/app.ova", []],
  ["/vm/app.ova/", []],
  ["/vm/app.ovation/disk.vmdk", []],
  ["/vm/disk.vmdk", []],
])("%s", (path, parts) => {
  expect(ovaPathsIn(path).map(({ archivePath, member }) => [archivePath, member])).toEqual(parts);
});

test("a member's path is taken apart again", () => {
  const parts = { archivePath: "/vm/app.ova", member: "sub/disk1.vmdk" };
  expect(ovaPathsIn(ovaMemberPath(parts))).toEqual([parts]);
});
