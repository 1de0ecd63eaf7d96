import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openFileSource } from "./file.ts";
import { openInside, resolveInside } from "./path-guard.ts";

const base = realpathSync(mkdtempSync(join(tmpdir(), "hypersdk-guard-")));
const vms = join(base, "vms");
const web = join(vms, "web");
afterAll(() => rmSync(base, { recursive: true, force: true }));

beforeAll(() => {
  for (const folder of [web, join(vms, "db"), join(base, "vms-private"), join(base, "secret")])
    mkdirSync(folder, { recursive: true });
  for (const file of ["vms/web/a.vmdk", "vms/db/b.vmdk", "vms/web/..odd.vmdk", "vms-private/p.vmdk", "secret/s.vmdk"]) {
    writeFileSync(join(base, file), "x");
  }
  symlinkSync(join(base, "secret"), join(web, "way-out"));
  symlinkSync(join(base, "secret/s.vmdk"), join(web, "way-out.vmdk"));
});

test.each([
  ["a.vmdk", "vms/web/a.vmdk"],
  ["./a.vmdk", "vms/web/a.vmdk"],
  ["../db/b.vmdk", "vms/db/b.vmdk"],
  ["..odd.vmdk", "vms/web/..odd.vmdk"],
])("%s is inside", (name, real) => {
  expect(resolveInside([vms], web, name)).toBe(join(base, real));
});

test.each([
  "../../secret/s.vmdk",
  "../../secret/not-there.vmdk",
  "../../vms-private/p.vmdk",
  "way-out/s.vmdk",
  "way-out.vmdk",
  "/etc/passwd",
  "/etc/not-there",
  "",
  "a.vmdk\0.txt",
])("%j is outside, whether it exists or not", (name) => {
  expect(() => resolveInside([vms], web, name)).toThrow(expect.objectContaining({ code: "path.outside" }));
});

test("a missing file inside is named as missing", () => {
  expect(() => resolveInside([vms], web, "gone.vmdk")).toThrow(expect.objectContaining({ code: "path.not-found" }));
});

test("control characters of a hostile name do not reach a message", () => {
  expect(() => resolveInside([vms], web, "/x\u001b[31m\n")).toThrow(/\\u001b\[31m\\n/);
});

test.each([
  ["the file", "swapped", (inside: string) => inside],
  ["its folder", "swapped-folder", (inside: string) => dirname(inside)],
])("a link put in the place of %s between the look and the opening gets nothing read", async (_, name, placeOf) => {
  const [folder, secret] = [join(web, name), join(base, "secret-too", name)];
  for (const made of [folder, secret]) {
    mkdirSync(made, { recursive: true });
    writeFileSync(join(made, "disk.vmdk"), made);
  }
  const opened: { close(): Promise<void>; closed: boolean }[] = [];
  const swapFirst = async (path: string) => {
    const place = placeOf(path);
    rmSync(place, { recursive: true });
    symlinkSync(placeOf(join(secret, "disk.vmdk")), place);
    const source = await openFileSource(path);
    const watched = {
      ...source,
      closed: false,
      async close() {
        watched.closed = true;
        await source.close();
      },
    };
    opened.push(watched);
    return watched;
  };
  await expect(openInside([vms], folder, "disk.vmdk", swapFirst)).rejects.toMatchObject({ code: "path.outside" });
  expect(opened).toMatchObject([{ closed: true }]);
});
