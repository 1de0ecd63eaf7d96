import { describe, expect, it } from "vitest";
import { AppError } from "../../src-core/model/error.ts";
import { systemError } from "./system-error.ts";

const failure = (code: string): Error => Object.assign(new Error(`${code}: it failed`), { code });

describe("systemError", () => {
  it.each([
    ["ENOSPC", "write", "target.no-space"],
    ["EDQUOT", "write", "target.no-space"],
    ["EROFS", "create", "target.read-only"],
    ["EACCES", "create", "target.read-only"],
    ["EACCES", "open", "path.denied"],
    ["EPERM", "read", "path.denied"],
    ["EEXIST", "create", "target.exists"],
    ["ENOENT", "open", "path.not-found"],
    ["ENOENT", "write", "io.vanished"],
    ["ESTALE", "read", "io.vanished"],
    ["EISDIR", "open", "path.not-file"],
    ["ENXIO", "open", "path.not-file"],
    ["ELOOP", "open", "path.not-file"],
    ["ENAMETOOLONG", "open", "path.too-long"],
    ["ENAMETOOLONG", "write", "path.too-long"],
    ["EIO", "read", "io.read"],
    ["EIO", "write", "io.write"],
    ["EMFILE", "open", "io.read"],
  ] as const)("%s while %s is %s", (errno, action, code) => {
    const error = systemError(failure(errno), action, "/a/b", 4096);
    expect(error.code).toBe(code);
    expect(error.message).toContain("/a/b at offset 4096");
    expect(error.details).toEqual({ file: "/a/b", errno, offset: 4096 });
  });

  it("says what a file too large for its file system means", () => {
    expect(systemError(failure("EFBIG"), "write", "/a/b")).toMatchObject({
      code: "io.write",
      hint: expect.stringContaining("cannot hold so large a file"),
    });
  });

  it("says that it is the quota that is used up", () => {
    expect(systemError(failure("EDQUOT"), "write", "/a/b").hint).toContain("quota");
    expect(systemError(failure("ENOSPC"), "write", "/a/b").hint).toContain("Free some space");
  });

  it("lets an AppError through and takes anything else as the action's failure", () => {
    const known = new AppError("disk.truncated", "short");
    expect(systemError(known, "read", "/a")).toBe(known);
    expect(systemError("odd", "read", "/a").code).toBe("io.read");
  });
});
