/** Reads an export's disk from end to end and compares it with the truth. */
import { expect } from "vitest";
import { vmdk } from "../../formats/vmdk/vmdk.ts";
import type { ExportDisk } from "../provider.ts";

const PIECE = 1024 * 1024;

/** @param truth what the disk must hold, by other means than the provider */
export async function readTransport(
  disk: ExportDisk,
  truth: (offset: number, length: number) => Promise<Uint8Array>,
): Promise<void> {
  const transport = await disk.open(new AbortController().signal);
  try {
    if (transport.kind === "stream" && vmdk.openStream === undefined) throw new Error("VMDK reads no streams");
    const reader = transport.kind === "random" ? transport.reader : await vmdk.openStream?.(transport.source);
    if (reader === undefined) throw new Error("nothing to read from");
    expect(reader.virtualSizeBytes).toBe(disk.capacityBytes);
    let end = 0;
    for await (const extent of reader.extents(0, reader.virtualSizeBytes)) {
      expect(extent.start, "extents are gap-free").toBe(end);
      end += extent.length;
      for (let at = extent.start; at < end; at += PIECE) {
        const length = Math.min(PIECE, end - at);
        const expected = await truth(at, length);
        const got = new Uint8Array(length);
        if (extent.state === "data") await reader.read(at, got);
        expect(Buffer.compare(got, expected), `[${at}, +${length}) of ${disk.key}, ${extent.state}`).toBe(0);
      }
    }
    expect(end).toBe(disk.capacityBytes);
    // Where the disk itself is opened it is closed by the transport; the reader over a stream is ours.
    if (transport.kind === "stream") await reader.close();
  } finally {
    await transport.close();
  }
}
