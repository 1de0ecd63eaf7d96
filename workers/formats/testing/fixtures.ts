/** The fixtures of every format. The compiler asks for a row when the model gains a format. */
import type { FormatId } from "../../../src-core/model/disk.ts";
import type { Fixture } from "./fixture.ts";
import { qcow2Fixtures } from "./qcow2-builder.ts";
import { contentOf, type TestDisk } from "./test-disk.ts";
import { vdiFixtures } from "./vdi-builder.ts";
import { vhdFixtures } from "./vhd-builder.ts";
import { vhdxFixtures } from "./vhdx-builder.ts";
import { vmdkFixtures } from "./vmdk-builder.ts";

export const FIXTURES: Record<FormatId, () => Fixture[]> = {
  vmdk: vmdkFixtures,
  qcow2: qcow2Fixtures,
  vhd: vhdFixtures,
  vhdx: vhdxFixtures,
  vdi: vdiFixtures,
  raw: rawFixtures,
};

function rawFixtures(): Fixture[] {
  const make = (name: string, virtualSizeBytes: number): Fixture => {
    const disk: TestDisk = {
      virtualSizeBytes,
      data: [
        { start: 600, length: 5000 },
        { start: virtualSizeBytes - 700, length: 700 },
      ],
    };
    const files = new Map([["disk.raw", contentOf(disk)]]);
    return { name, format: "raw", main: "disk.raw", files, disk, structures: [], fields: [] };
  };
  return [make("whole sectors", 512 * 100), make("odd size", 512 * 100 + 77)];
}
