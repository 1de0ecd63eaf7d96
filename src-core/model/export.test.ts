import { expect, it } from "vitest";
import { ExportOutput, ExportSpec, PackageDigest } from "./export.ts";

it.each(PackageDigest.options)("takes the digest %s for packages", (digest) => {
  for (const kind of ["ova", "ovf"] as const) {
    expect(ExportOutput.parse({ kind, digest })).toEqual({ kind, digest });
    expect(ExportOutput.parse({ kind })).toEqual({ kind });
  }
});

it("takes no other digest", () => {
  expect(ExportOutput.safeParse({ kind: "ova", digest: "md5" }).success).toBe(false);
});

it("reads the output of an older program to the same text, which resume points are compared by", () => {
  const before = { kind: "ova", path: "/out/web.ova", partialPath: "/out/.web.partial", compressionLevel: 9 };
  expect(JSON.stringify(ExportSpec.shape.output.parse(before))).toBe(JSON.stringify(before));
});
