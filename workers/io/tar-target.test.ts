import { describe, expect, test } from "vitest";
import { memorySource, memoryTarget } from "./memory.ts";
import { listTar, tarWindow } from "./tar.ts";
import { createTarTarget, type TarPart } from "./tar-target.ts";

const FRONT = [
  { name: "a.ovf", sizeBytes: 600 },
  { name: "a.mf", sizeBytes: 70 },
];
const plan = { front: FRONT, modifiedAtMs: Date.UTC(2026, 0, 2) };
const filled = (length: number, value: number) => new Uint8Array(length).fill(value);
const front = FRONT.map(({ sizeBytes }, index) => filled(sizeBytes, 0x61 + index));

/** Every byte says where it lies. */
function stamped(length: number, salt: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 8) * 13 + salt) % 256);
}

async function contentOf(archive: Uint8Array): Promise<Record<string, Uint8Array>> {
  const source = memorySource("a.ova", archive);
  const found: Record<string, Uint8Array> = {};
  for (const member of await listTar(source)) {
    const bytes = new Uint8Array(member.sizeBytes);
    await tarWindow(source, member, member.name).read(0, bytes);
    found[member.name] = bytes;
  }
  return found;
}

const isTar = (bytes: Uint8Array) =>
  listTar(memorySource("a.ova", bytes)).then(
    (members) => members.length > 0,
    () => false,
  );

test("members that are written as disks are: out of order, cut, with the head last", async () => {
  const file = memoryTarget("a.ova");
  const tar = await createTarTarget(file, plan);
  const [one, two] = [stamped(1000, 1), stamped(2048, 2)];
  const first = tar.begin("disk1.vmdk");
  await first.write(512, one.subarray(512));
  await first.write(1000, filled(3000, 0xff));
  await first.write(0, one.subarray(0, 512));
  const back = new Uint8Array(100);
  await first.read(700, back);
  expect(back).toEqual(one.subarray(700, 800));
  await tar.seal(1000);
  const second = tar.begin("disk2.vmdk");
  await second.resize(2048);
  await second.write(0, two);
  await tar.seal(2048);
  await tar.read(0, 900, back);
  expect(back).toEqual(one.subarray(900));
  const length = await tar.finish(front);
  expect(length % 10_240).toBe(0);
  expect(file.sizeBytes).toBe(length);
  // What fills up a block is zeros.
  const filling = 512 + 1024 + 512 + 512 + 512 + 1000;
  expect(file.content().subarray(filling, filling + 24)).toEqual(filled(24, 0));
  expect(await contentOf(file.durableContent())).toEqual({
    "a.ovf": front[0],
    "a.mf": front[1],
    "disk1.vmdk": one,
    "disk2.vmdk": two,
  });
});

test("until it is finished nothing there is an archive, whatever a power loss leaves", async () => {
  const file = memoryTarget("a.ova");
  const left: Uint8Array[] = [];
  let durableBeforeHead: Uint8Array = filled(0, 0);
  const watched = {
    ...file,
    async write(offset: number, bytes: Uint8Array) {
      if (offset === 0 && bytes.some((byte) => byte !== 0)) durableBeforeHead = file.durableContent();
      left.push(file.content(), file.durableContent());
      await file.write(offset, bytes);
    },
    async sync() {
      left.push(file.content(), file.durableContent());
      await file.sync();
    },
  };
  const tar = await createTarTarget(watched, plan);
  await tar.begin("disk1.vmdk").write(0, stamped(5000, 1));
  await tar.seal(5000);
  expect(Buffer.compare(file.durableContent(), file.content())).toBe(0);
  await tar.finish(front);
  expect(Buffer.compare(durableBeforeHead.subarray(512), file.content().subarray(512))).toBe(0);
  // The last one is looked at before the last sync: the header is written, and not yet durable.
  const beforeLastSync = left.splice(-2);
  for (const bytes of left) expect(await isTar(bytes)).toBe(false);
  expect(await isTar(beforeLastSync[1] ?? filled(512, 1))).toBe(false);
  expect(await isTar(file.durableContent())).toBe(true);
});

describe("going on", () => {
  async function interrupted(): Promise<{ bytes: Uint8Array; sealed: readonly TarPart[] }> {
    const file = memoryTarget("a.ova");
    const tar = await createTarTarget(file, plan);
    await tar.begin("disk1.vmdk").write(0, stamped(5000, 1));
    await tar.seal(5000);
    await tar.begin("disk2.vmdk").write(0, stamped(3000, 2));
    return { bytes: file.content(), sealed: tar.sealed };
  }

  test("behind what is complete, with the open member's bytes where they were", async () => {
    const { bytes, sealed } = await interrupted();
    const file = memoryTarget("a.ova", bytes);
    const tar = await createTarTarget(file, plan, sealed);
    const again = tar.begin("disk2.vmdk");
    const back = new Uint8Array(3000);
    await again.read(0, back);
    expect(back).toEqual(stamped(3000, 2));
    await again.write(3000, filled(10, 9));
    await tar.seal(3010);
    await tar.finish(front);
    const content = await contentOf(file.content());
    expect(content["disk1.vmdk"]).toEqual(stamped(5000, 1));
    expect(content["disk2.vmdk"]).toEqual(Uint8Array.from([...stamped(3000, 2), ...filled(10, 9)]));
  });

  test("from a finished archive: it is none until it is finished again", async () => {
    const file = memoryTarget("a.ova");
    const tar = await createTarTarget(file, plan);
    await tar.begin("disk1.vmdk").write(0, stamped(5000, 1));
    await tar.seal(5000);
    await tar.finish(front);
    const whole = file.content();
    const again = await createTarTarget(file, plan, tar.sealed);
    expect(await isTar(file.content())).toBe(false);
    await again.finish(front);
    expect(Buffer.compare(file.content(), whole)).toBe(0);
  });

  test.each([
    ["another name", { name: "disk9.vmdk", sizeBytes: 5000 }, "state.conflict"],
    ["another size", { name: "disk1.vmdk", sizeBytes: 5001 }, "state.conflict"],
  ])("is refused for %s", async (_, part, code) => {
    const { bytes } = await interrupted();
    await expect(createTarTarget(memoryTarget("a.ova", bytes), plan, [part])).rejects.toMatchObject({ code });
  });

  test.each([1000, 2500, 6000])("is refused for a file of %i bytes", async (length) => {
    const { bytes, sealed } = await interrupted();
    const cut = memoryTarget("a.ova", bytes.subarray(0, length));
    await expect(createTarTarget(cut, plan, sealed)).rejects.toMatchObject({ code: "disk.truncated" });
  });
});

test("a member of 8 GiB and more has its size in base 256", async () => {
  const file = memoryTarget("a.ova");
  const tar = await createTarTarget(file, plan);
  const sizeBytes = 8 * 1024 ** 3 + 5;
  const disk = tar.begin("disk1.vmdk");
  await disk.write(sizeBytes - 5, filled(5, 7));
  await tar.seal(sizeBytes);
  await tar.finish(front);
  const source = { ...memorySource("a.ova", filled(0, 0)), sizeBytes: file.sizeBytes, read: file.read };
  expect(await listTar(source)).toMatchObject([{}, {}, { name: "disk1.vmdk", sizeBytes }]);
});

test("one member at a time, nothing after it is complete, no front of another length", async () => {
  const tar = await createTarTarget(memoryTarget("a.ova"), plan);
  const bug = { code: "internal.bug" };
  const disk = tar.begin("disk1.vmdk");
  expect(() => tar.begin("disk2.vmdk")).toThrow(expect.objectContaining(bug));
  await expect(tar.finish(front)).rejects.toMatchObject(bug);
  await tar.seal(0);
  await expect(disk.write(0, filled(1, 1))).rejects.toMatchObject(bug);
  await expect(disk.resize(1)).rejects.toMatchObject(bug);
  await expect(tar.seal(0)).rejects.toMatchObject(bug);
  await expect(tar.read(0, 0, filled(1, 1))).rejects.toMatchObject(bug);
  await expect(tar.finish([filled(601, 1), filled(70, 1)])).rejects.toMatchObject(bug);
});

test.each(["", "x".repeat(101), "Büro.vmdk", "a b", "a\n"])("the name %j is refused", async (name) => {
  const refused = { code: "target.unsupported" };
  const tar = await createTarTarget(memoryTarget("a.ova"), plan);
  expect(() => tar.begin(name)).toThrow(expect.objectContaining(refused));
  const front = [{ name, sizeBytes: 1 }];
  await expect(createTarTarget(memoryTarget("a.ova"), { ...plan, front })).rejects.toMatchObject(refused);
});
