/** Streams of leases in pieces whose memory is used again at the first moment that is allowed. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { contentOf } from "../../../formats/testing/test-disk.ts";
import { vmdkFixtures } from "../../../formats/testing/vmdk-builder.ts";
import { vmdk } from "../../../formats/vmdk/vmdk.ts";
import type { HostDoor } from "../http/host-door.ts";
import { ReceivedBody, type Receivers } from "../http/receiver.ts";
import { PIECES_OUT } from "../http/receiver-messages.ts";
import type { DiskLease } from "./disk-lease.ts";
import { openLeaseStream } from "./lease-stream.ts";

const signal = new AbortController().signal;
const streams = vmdkFixtures().filter(({ name }) => name.startsWith("streamOptimized"));

/** Receivers that bring `content` in pieces: one that is freed is overwritten at once, as if by a very fast sender. */
function receiversOf(content: Uint8Array, pieceBytes: number): Receivers {
  const out: Uint8Array[] = [];
  let sent = 0;
  const body = new ReceivedBody(() => {
    out.shift()?.fill(0xff);
    send();
  });
  function send(): void {
    while (out.length < PIECES_OUT && sent < content.length) {
      const piece = content.slice(sent, sent + pieceBytes);
      sent += piece.length;
      out.push(piece);
      body.take(piece);
    }
    if (sent === content.length) body.end(null, createHash("sha1").update(content).digest("hex"));
  }
  send();
  const head = { status: 200, contentRange: null, retryAfterMs: 0 };
  const receivers: Pick<Receivers, "get"> = { get: async () => ({ answer: { ...head, body }, close() {} }) };
  return receivers as Receivers;
}

async function streamOf(content: Uint8Array, pieceBytes: number) {
  const sha1 = createHash("sha1").update(content).digest("hex");
  const entry = { key: "/vm-1/disk", sha1, checksumType: null, checksum: null, sizeBytes: content.length };
  const lease: Pick<DiskLease, "ended" | "lost" | "manifestOf"> = {
    ended: signal,
    lost: null,
    manifestOf: async () => entry,
  };
  const door = { origin: "https://host", expected: { kind: "system" }, translate: (error: unknown) => error };
  return openLeaseStream(
    door as unknown as HostDoor,
    receiversOf(content, pieceBytes),
    lease as DiskLease,
    { key: entry.key, url: "https://*/disk.vmdk", isDisk: true, thumbprint: null },
    "disk",
    null,
    () => {},
    signal,
  );
}

describe.each(streams.map((one) => ({ name: one.name, one })))("$name from a lease", ({ one }) => {
  const content = one.files.get(one.main) ?? new Uint8Array(0);

  // A sector is lent at a time, so every one of them comes to lie at the end of a piece.
  it.each([512, 1024, 1536, 2560, 10_240, 66_048])("is the same disk in pieces of %d", async (pieceBytes) => {
    const { source } = await streamOf(content, pieceBytes);
    const reader = await vmdk.openStream?.(source);
    if (reader === undefined) throw new Error("VMDK cannot be read from a pipe");
    const disk = new Uint8Array(reader.virtualSizeBytes);
    for await (const { start, length, state } of reader.extents(0, disk.length)) {
      if (state === "data") await reader.read(start, disk.subarray(start, start + length));
    }
    expect(Buffer.compare(disk, contentOf(one.disk))).toBe(0);
  });
});

it("what is lent stays as it is while the next is asked for", async () => {
  const content = Uint8Array.from({ length: 64 * 512 }, (_, at) => at >> 9);
  const { source } = await streamOf(content, 3 * 512);
  for (let sector = 0; sector + 1 < 64; sector += 2) {
    const first = await source.lend?.(512);
    const second = await source.lend?.(512);
    expect([first?.[0], second?.[0]]).toEqual([sector, sector + 1]);
  }
});
