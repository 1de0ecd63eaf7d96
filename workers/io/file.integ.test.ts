import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AppError } from "../../src-core/model/error.ts";
import { createFileTarget, openFileSource, openFileTarget } from "./file.ts";
import {
  isPlainFile,
  readSmallFile,
  removeFile,
  renameDurably,
  renameWithoutReplacing,
  sameFile,
  statPath,
  writeSmallFile,
} from "./folder.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "io-file-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  return "no error";
};

/** Where a symbolic link points; "" when it is gone. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

/** Bytes that differ from place to place, so that a read from the wrong offset shows. */
function stamped(length: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + 1, 0x9e3779b1);
  return new Uint8Array(words.buffer, 0, length);
}

describe("file source", () => {
  it("reads across the cap of one system call, at odd offsets", async () => {
    const content = stamped(17 * 1024 * 1024 + 5);
    const path = join(folder, "large");
    writeFileSync(path, content);
    const source = await openFileSource(path);
    expect(source.sizeBytes).toBe(content.length);
    const got = new Uint8Array(content.length - 3);
    await source.read(3, got);
    expect(Buffer.compare(got, content.subarray(3))).toBe(0);
    await source.close();
    await source.close();
  });

  it("says where a source that shrank ends", async () => {
    const path = join(folder, "shrinks");
    writeFileSync(path, stamped(5000));
    const source = await openFileSource(path);
    truncateSync(path, 1000);
    await expect(source.read(500, new Uint8Array(1000))).rejects.toMatchObject({
      code: "disk.truncated",
      details: { file: path, offset: 1000, missingBytes: 500 },
    });
    await source.close();
  });

  it("notices that the file was written to", async () => {
    const path = join(folder, "changes");
    writeFileSync(path, stamped(100));
    const source = await openFileSource(path);
    source.assertUnchanged();
    appendFileSync(path, "x");
    expect(() => source.assertUnchanged()).toThrow(expect.objectContaining({ code: "disk.in-use" }));
    await source.close();
  });

  it("refuses what is not a regular file without waiting", async () => {
    mkdirSync(join(folder, "sub"));
    execFileSync("mkfifo", [join(folder, "fifo")]);
    expect(await codeOf(openFileSource(join(folder, "sub")))).toBe("path.not-file");
    expect(await codeOf(openFileSource(join(folder, "fifo")))).toBe("path.not-file");
    expect(await codeOf(openFileSource("/dev/zero"))).toBe("path.not-file");
    expect(await codeOf(openFileSource(join(folder, "none")))).toBe("path.not-found");
  });

  it("tells the allocated bytes of sparse files", async () => {
    const path = join(folder, "sparse");
    writeFileSync(path, "");
    truncateSync(path, 10 * 1024 * 1024);
    const hole = await openFileSource(path);
    expect([0, null]).toContain(hole.allocatedBytes);
    await hole.close();
    appendFileSync(path, stamped(4096));
    const some = await openFileSource(path);
    expect(some.allocatedBytes).toBeGreaterThanOrEqual(4096);
    expect(some.allocatedBytes).toBeLessThan(1024 * 1024);
    await some.close();
  });
});

describe("file target", () => {
  it("creates exclusively, writes, grows, reads back and reopens", async () => {
    const path = join(folder, "target");
    const target = await createFileTarget(path);
    expect(await codeOf(createFileTarget(path))).toBe("target.exists");
    const content = stamped(17 * 1024 * 1024 + 1);
    await target.write(7, content);
    await target.resize(content.length + 20);
    await target.sync();
    const tail = new Uint8Array(13);
    await target.read(content.length + 7, tail);
    expect([...tail]).toEqual(new Array(13).fill(0));
    await target.close();
    const again = await openFileTarget(path);
    const got = new Uint8Array(content.length);
    await again.read(7, got);
    expect(Buffer.compare(got, content)).toBe(0);
    expect(sameFile(again.identity, target.identity)).toBe(true);
    await again.close();
  });

  it("does not go on writing through a symbolic link", async () => {
    const [path, link] = [join(folder, "elsewhere"), join(folder, "link-to-elsewhere")];
    writeFileSync(path, "untouched");
    symlinkSync(path, link);
    expect(await codeOf(openFileTarget(link))).toBe("path.not-file");
    expect([isPlainFile(path), isPlainFile(link), isPlainFile(join(folder, "none"))]).toEqual([true, false, false]);
  });

  it("tells of a close that fails, once, and never closes the number again", async () => {
    const path = join(folder, "close-fails");
    const target = await createFileTarget(path);
    const fd = readdirSync("/proc/self/fd").find((name) => linkOf(`/proc/self/fd/${name}`) === path);
    closeSync(Number(fd));
    expect(await codeOf(target.close())).toBe("io.write");
    expect(await codeOf(target.close())).toBe("no error");
  });

  it("names a full device and a missing folder", async () => {
    expect(await codeOf(createFileTarget(join(folder, "no-such", "x")))).toBe("path.not-found");
    const full = await import("node:fs").then((fs) => fs.existsSync("/dev/full"));
    expect(full).toBe(true);
    expect(await codeOf(openFileTarget("/dev/full"))).toBe("path.not-file");
  });
});

describe("folder", () => {
  it("renames over an existing file, removes, and is quiet about what is gone", async () => {
    const [from, to] = [join(folder, "from"), join(folder, "to")];
    writeFileSync(from, "new");
    writeFileSync(to, "old");
    await renameDurably(from, to);
    expect(statPath(from)).toBeNull();
    expect(Buffer.from(await readSmallFile(to, 100)).toString()).toBe("new");
    expect(await codeOf(renameDurably(from, to))).toBe("io.vanished");
    await removeFile(to);
    await removeFile(to);
    expect(statPath(to)).toBeNull();
  });

  it.each([
    ["where there are hard links", undefined],
    [
      "where there are none",
      () => {
        throw Object.assign(new Error("EPERM: operation not permitted"), { code: "EPERM" });
      },
    ],
  ])("gives a file its name only when nobody has it, %s", async (_, link) => {
    const [from, to, dangling] = [join(folder, "from-new"), join(folder, "to-new"), join(folder, "dangling")];
    writeFileSync(from, "new");
    writeFileSync(to, "first");
    symlinkSync(join(folder, "nowhere"), dangling);
    expect(await codeOf(renameWithoutReplacing(from, to, true, link))).toBe("target.exists");
    expect(await codeOf(renameWithoutReplacing(from, dangling, true, link))).toBe("target.exists");
    expect(readFileSync(to, "utf8")).toBe("first");
    rmSync(to);
    await renameWithoutReplacing(from, to, true, link);
    expect([existsSync(from), readFileSync(to, "utf8")]).toEqual([false, "new"]);
    expect(await codeOf(renameWithoutReplacing(from, `${to}2`, true, link))).toBe("io.vanished");
    for (const path of [to, dangling]) rmSync(path);
  });

  it("does not fail over a folder that cannot be synced, once the name is there", async () => {
    const sub = join(folder, "may-not-be-listed");
    mkdirSync(sub);
    writeFileSync(join(sub, "a"), "x");
    chmodSync(sub, 0o300);
    const script = `import(${JSON.stringify(new URL("./folder.ts", import.meta.url).href)}).then((it) => it.renameDurably("a", "b"))`;
    const asNobody = process.getuid?.() === 0 ? ["setpriv", "--reuid=65534", "--clear-groups"] : ["env"];
    if (process.getuid?.() === 0) {
      chmodSync(folder, 0o755);
      execFileSync("chown", ["65534", sub]);
    }
    const [command = "", ...args] = asNobody;
    execFileSync(command, [...args, process.execPath, "--input-type=module", "-e", script], {
      cwd: sub,
      stdio: "pipe",
    });
    chmodSync(sub, 0o700);
    expect(readdirSync(sub)).toEqual(["b"]);
  });

  it("leaves nothing beside a small file that cannot get its name", async () => {
    const sub = join(folder, "beside");
    mkdirSync(join(sub, "taken"), { recursive: true });
    expect(await codeOf(writeSmallFile(join(sub, "taken"), "x"))).toBe("path.not-file");
    expect(readdirSync(sub)).toEqual(["taken"]);
  });

  it("writes small files whole and refuses to read large ones", async () => {
    const path = join(folder, "note");
    await writeSmallFile(path, "one");
    await writeSmallFile(path, "two");
    expect(Buffer.from(await readSmallFile(path, 3)).toString()).toBe("two");
    expect(await codeOf(readSmallFile(path, 2))).toBe("machine.damaged");
  });

  it("tells two names of one file", () => {
    const path = join(folder, "named");
    writeFileSync(path, "x");
    symlinkSync(path, join(folder, "alias"));
    const [a, b] = [statPath(path), statPath(join(folder, "alias"))];
    expect(a && b && sameFile(a.identity, b.identity)).toBe(true);
  });
});
