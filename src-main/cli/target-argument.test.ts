import { describe, expect, it } from "vitest";
import type { FormatInfo } from "../../src-core/model/disk.ts";
import { AppError } from "../../src-core/model/error.ts";
import { parseTarget, requestOf } from "./target-argument.ts";

const format = (id: FormatInfo["id"], extension: string, write = true): FormatInfo => ({
  id,
  label: id,
  extensions: [extension],
  can: { read: true, write, differencing: false, compressed: false },
  variants: [],
});
const formats = [format("qcow2", "qcow2"), format("raw", "img"), format("vmdk", "vmdk", false)];
const refusal = (call: () => unknown): AppError => {
  try {
    call();
  } catch (error) {
    return AppError.from(error);
  }
  throw new Error("accepted");
};

describe("a target on the command line", () => {
  it.each([
    ["a.qcow2", { path: "a.qcow2", options: {} }],
    ["a,b.qcow2", { path: "a,b.qcow2", options: {} }],
    ["a=1,colour=red", { path: "a=1,colour=red", options: {} }],
    [
      "a.qcow2,block=64K,compress=zstd:9,overwrite=yes",
      { path: "a.qcow2", options: { blockBytes: 65_536, compression: { method: "zstd", level: 9 } }, overwrite: true },
    ],
    [
      "b,format=vhdx,subformat=fixed,sector=4K,preallocation=off,resize=1.5G,backing=x,y.vhdx",
      {
        path: "b",
        format: "vhdx",
        options: {
          subformat: "fixed",
          sectorBytes: 4096,
          preallocation: "off",
          virtualSizeBytes: 1.5 * 1024 ** 3,
          backingPath: "x,y.vhdx",
        },
      },
    ],
  ])("%s", (text, expected) => {
    expect(parseTarget(text)).toEqual(expected);
  });

  it.each(["a,format=iso", "a,block=big", "a,compress=lzma", "a,overwrite=perhaps", "a,preallocation=full"])(
    "%s is a usage error that names the value",
    (text) => {
      const error = refusal(() => parseTarget(text));
      expect(error).toMatchObject({ code: "usage.invalid", message: expect.stringContaining(text.slice(2)) });
    },
  );
});

describe("what it means", () => {
  const common = { options: { blockBytes: 4096, compression: { method: "zlib" as const } }, overwrite: false };
  const meant = (text: string, more: object = {}) =>
    requestOf(parseTarget(text), { ...common, ...more }, formats, (path) => `/here/${path}`);

  it("its own options go before those for all, paths are where the person is", () => {
    expect(meant("a.qcow2,block=64K,backing=base.qcow2,overwrite=yes")).toEqual({
      path: "/here/a.qcow2",
      format: "qcow2",
      options: { blockBytes: 65_536, compression: { method: "zlib" }, backingPath: "/here/base.qcow2" },
      overwrite: true,
    });
  });

  it("the format is its own, else the command's, else that of its extension", () => {
    expect(meant("a.img").format).toBe("raw");
    expect(meant("a.img", { format: "qcow2" }).format).toBe("qcow2");
    expect(meant("a.img,format=raw", { format: "qcow2" }).format).toBe("raw");
    for (const name of ["a", "a.vmdk"]) {
      expect(refusal(() => meant(name))).toMatchObject({
        code: "usage.invalid",
        hint: "Add --to with one of: qcow2, raw.",
      });
    }
  });
});
