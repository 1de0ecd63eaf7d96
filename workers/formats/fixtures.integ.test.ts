/** qemu-img must read our hand-built fixtures as we do: otherwise the other tests prove nothing. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Fixture } from "./testing/fixture.ts";
import { FIXTURES } from "./testing/fixtures.ts";
import { diskDigest, libvmdkDigest } from "./testing/libvmdk.ts";
import { openImage, qemuImg, qemuName } from "./testing/qemu-img.ts";
import { contentOf, firstDifference } from "./testing/test-disk.ts";
import { SPLIT_ZERO } from "./testing/vmdk-builder.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "formats-fixtures-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * qemu-img wants a descriptor (a bare extent is read as part of the fixtures with one), VDI blocks of 1 MiB without a parent, knows
 * no differencing VHDX, and looks for a qcow2's data file in its own working folder.
 */
const fixtures = (["vmdk", "qcow2", "vhd", "vhdx", "vdi"] as const)
  .flatMap((id) => FIXTURES[id]())
  .filter(
    ({ format, name }) =>
      name !== "extent without descriptor" &&
      !name.endsWith("alone") &&
      name !== "external data file" &&
      (format !== "vdi" || name === "blocks of 1 MiB") &&
      (format !== "vhdx" || !name.startsWith("differencing")),
  );

/** qemu-img leaves extents of type ZERO out, so that its disk is shorter than the descriptor says. */
function asQemuSees(fixture: Fixture): Uint8Array {
  const content = contentOf(fixture.disk);
  if (!fixture.name.startsWith("twoGb")) return content;
  return Buffer.concat([content.subarray(0, SPLIT_ZERO.start), content.subarray(SPLIT_ZERO.end)]);
}

describe("hand-built images", () => {
  it.each(fixtures.map((fixture, index) => ({ name: `${fixture.format}: ${fixture.name}`, fixture, index })))(
    "$name",
    async ({ fixture, index }) => {
      const place = mkdtempSync(join(folder, `${index}-`));
      for (const [name, bytes] of fixture.files) writeFileSync(join(place, name), bytes);
      // A parent of zeros changes nothing of what the image holds itself.
      writeFileSync(join(place, "base.raw"), new Uint8Array(fixture.disk.virtualSizeBytes));
      const path = join(place, fixture.main);
      // Read only, qemu-img refuses a disk whose log must be replayed; a repair replays it, here in a copy.
      const theirPath = join(place, `theirs-${fixture.main}`);
      if (fixture.name === "log to replay") {
        copyFileSync(path, theirPath);
        qemuImg("check", "-f", qemuName(fixture.format), "-r", "all", theirPath);
      }
      const asked = fixture.name === "log to replay" ? theirPath : path;
      qemuImg("convert", "-f", qemuName(fixture.format), "-O", "raw", asked, join(place, "out.raw"));
      const theirs = readFileSync(join(place, "out.raw"));
      expect(Buffer.compare(theirs, asQemuSees(fixture))).toBe(0);
      const opened = await openImage(path);
      expect(await firstDifference(opened.reader, fixture.disk)).toBeNull();
      await opened.close();
    },
  );
});

it("libvmdk reads vmfsSparse as we do", () => {
  const fixture = fixtures.find(({ name }) => name === "vmfsSparse");
  if (!fixture) throw new Error("no fixture");
  const place = mkdtempSync(join(folder, "libvmdk-"));
  for (const [name, bytes] of fixture.files) writeFileSync(join(place, name), bytes);
  expect(libvmdkDigest(join(place, fixture.main))).toBe(diskDigest(fixture.disk));
});
