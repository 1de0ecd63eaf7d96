import { expect, test } from "vitest";
import { begin } from "./package-begin.ts";
import type { PackagePlan } from "./package-writer.ts";
import { machineDisk, sampleMachine } from "./testing/sample-machine.ts";

const place = { path: "/out/web", partialPath: "/out/web/.partial", overwrite: false, startedAtMs: 2 };
const sums = { sha1: "1".repeat(40), sha256: "2".repeat(64), sha512: "5".repeat(128) };
const planOf = (digest: PackagePlan["digest"]): PackagePlan => ({
  machine: sampleMachine({ disks: [machineDisk({ key: "2000" })] }),
  name: "web",
  digest,
  keepMacAddresses: true,
  disks: [{ key: "2000", virtualSizeBytes: 1024 }],
});
const disk = { key: "2000", fileName: "web-disk1.vmdk", fileSizeBytes: 9, writtenBytes: 8, sha256: sums.sha256 };
/** As programs wrote it that knew SHA-256 only. */
const old = { kind: "ovf", startedAtMs: 1, madeFolder: true, finished: [disk] };
const stateOf = (digest: PackagePlan["digest"]) => ({
  ...old,
  digest,
  finished: [{ ...disk, manifestSum: sums[digest] }],
});

test.each(["sha1", "sha256", "sha512"] as const)("a package begun with %s goes on with its sums", async (digest) => {
  const state = stateOf(digest);
  expect(await begin("ovf", planOf(digest), place, state)).toMatchObject({ startedAtMs: 1, finished: state.finished });
});

test("a state that says no digest is one of SHA-256", async () => {
  const { finished } = await begin("ovf", planOf("sha256"), place, old);
  expect(finished).toEqual([{ ...disk, manifestSum: sums.sha256 }]);
  await expect(begin("ovf", planOf("sha1"), place, old)).rejects.toMatchObject({ code: "state.conflict" });
});

test.each([
  ["of another digest", "sha512", stateOf("sha1")],
  ["of another digest, with nothing complete yet", "sha1", { ...old, digest: "sha512", finished: [] }],
  ["whose sums are of another digest than it says", "sha1", { ...old, digest: "sha1" }],
  ["whose digest nobody knows", "sha256", { ...old, digest: "md5" }],
] as const)("a state %s belongs to another package", async (_, digest, state) => {
  await expect(begin("ovf", planOf(digest), place, state)).rejects.toMatchObject({ code: "state.conflict" });
});
