import { describe, expect, it } from "vitest";
import { stamp } from "../testing/test-disk.ts";
import { ContentIdentity, GRAIN_BYTES } from "./content-identity.ts";

const content = new Uint8Array(10 * GRAIN_BYTES + 512);
stamp(content, 0);

function identityOf(
  bytes: Uint8Array,
  cut = bytes.length,
  at = 0,
  kind: readonly (string | number)[] = ["vhd", 1],
): string {
  let identity = new ContentIdentity(kind);
  for (let done = 0; done < bytes.length; done += cut) {
    identity.add(at + done, bytes.subarray(done, done + cut));
    // Every write may be the last before a crash.
    identity = new ContentIdentity(kind, JSON.parse(JSON.stringify(identity.state)));
  }
  return Buffer.from(identity.uuid("image")).toString("hex");
}

describe("the identity of an image", () => {
  it("is the same however the writes were cut, and after every resumption", () => {
    const whole = identityOf(content);
    expect(whole).toMatch(/^[0-9a-f]{12}8[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
    for (const grains of [1, 2, 3, 7]) expect(identityOf(content, grains * GRAIN_BYTES)).toBe(whole);
  });

  it("differs with the content of any grain, with its place and with the kind of image", () => {
    const found = new Set([identityOf(content)]);
    for (let grain = 0; grain <= 10; grain++) {
      const changed = content.slice();
      changed[grain * GRAIN_BYTES] = 1 + (changed[grain * GRAIN_BYTES] ?? 0);
      found.add(identityOf(changed));
      found.add(identityOf(content, content.length, (grain + 1) * GRAIN_BYTES));
    }
    found.add(identityOf(content, content.length, 0, ["vdi", 1]));
    found.add(identityOf(content, content.length, 0, ["vhd", 2]));
    found.add(identityOf(content.subarray(0, 10 * GRAIN_BYTES)));
    expect(found.size).toBe(1 + 22 + 3);
    const one = new ContentIdentity(["vhd"]);
    expect(one.uuid("image")).not.toEqual(one.uuid("last change"));
  });

  it("sees what an ext4 file system at the beginning of a grain changes when it is written to", () => {
    const changed = content.slice();
    changed[1024 + 0x30] = 1 + (changed[1024 + 0x30] ?? 0);
    expect(identityOf(changed)).not.toBe(identityOf(content));
  });
});
