import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseOvf } from "../../workers/machine/ovf.ts";
import { MiB, qemuImg, runOnWorker, sha256, tempFolder } from "../../workers/tasks/testing/rig.ts";
import { makeLibrary } from "./make-library.ts";
import { makeSampleMachine, type SampleMachine } from "./sample-machine.ts";

const folder = tempFolder();
afterAll(() => folder.remove());
let sample: SampleMachine;
const converted = folder.file("converted.qcow2");

beforeAll(async () => {
  sample = makeSampleMachine(folder.path, { dataBytes: 20 * MiB });
  await runOnWorker({
    kind: "convert",
    sourcePath: sample.vmdkPath,
    targets: [
      { path: converted, format: "qcow2", options: {}, overwrite: false, partialPath: folder.file(".partial") },
    ],
    sync: true,
    roots: [folder.path],
  });
});

test("qemu-img reads the sample without complaint, and the conversion is identical to it", () => {
  expect(qemuImg("check", sample.vmdkPath)).toContain("No errors were found");
  expect(qemuImg("compare", sample.vmdkPath, converted)).toContain("Images are identical.");
});

test("the OVF describes it", () => {
  const [machine] = parseOvf(sample.ovfPath, readFileSync(sample.ovfPath));
  expect(machine).toMatchObject({
    name: "sample-machine",
    cpuCount: 1,
    memoryBytes: 64 * MiB,
    disks: [{ fileName: "sample-machine-disk1.vmdk", problem: null }],
  });
});

test("the same call makes the same bytes, and never over what is there", () => {
  const again = makeSampleMachine(folder.file("again"), { dataBytes: 20 * MiB });
  expect(sha256(again.vmdkPath)).toBe(sha256(sample.vmdkPath));
  expect(() => makeSampleMachine(folder.path, { dataBytes: 2 * MiB })).toThrow(/EEXIST/);
});

test("the disks of a made library are valid for qemu-img", () => {
  makeLibrary(folder.file("library"), 12);
  for (const disk of ["web-00007.qcow2", "db-00001/db-00001.vmdk"]) {
    expect(qemuImg("check", folder.file(`library/rack-01/${disk}`))).toContain("No errors were found");
  }
});
