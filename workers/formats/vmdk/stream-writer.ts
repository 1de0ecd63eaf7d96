/**
 * Writes a stream-optimized extent ("Virtual Disk Format 5.0", section "Stream-Optimized Compressed Sparse Extents") as VMware's
 * exporters lay it out: what is in the footer is known only at the end, so the file could be sent while it is made.
 *
 *   sector 0    header: directory at the end         written last: until then the file begins with zeros and is no image
 *   1           descriptor, 20 sectors
 *   128         grain marker │ zlib stream, padded   in guest order; after the last grain of a table:
 *   …           table marker │ table                 tables without grains are left out
 *   …           directory marker │ directory
 *   …           footer marker │ footer │ end-of-stream marker
 *
 * The directory is held (4 bytes per 32 MiB of guest). Going on from a checkpoint finds its entries again by walking the file
 * backwards, from table to table: before the first grain of one lies the table before it.
 */
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteTarget } from "../../io/byte-source.ts";
import { ContentIdentity } from "../block-map/content-identity.ts";
import { withdraw } from "../block-map/table.ts";
import {
  type CreateContext,
  type DiskWriter,
  parseResumeState,
  type UnitEncoding,
  type WritePlan,
  type WriterCheckpoint,
  type WriteSummary,
} from "../format.ts";
import { assertNameFits, contentId, descriptorText } from "./descriptor-text.ts";
import type { StreamState } from "./resume-states.ts";
import { recoverTables } from "./stream-resume.ts";
import {
  assertSizeWritable,
  COMPRESSION,
  DESCRIPTOR_SECTORS,
  FLAG,
  GD_AT_END,
  GRAIN_MARKER_BYTES,
  GTES_PER_GT,
  LINE_END_TEST,
  MARKER_TYPE,
  MAX_FILE_SECTORS,
  marker,
  SECTOR_BYTES,
  SPARSE_MAGIC,
  STREAM_GRAIN_BYTES,
  STREAM_GRAINS_AT_BYTES,
  sparseHeader,
} from "./structures.ts";

const TABLE_BYTES = GTES_PER_GT * 4;
/** Written at once. */
const OUT_BYTES = 1024 * 1024;
const USUAL_LEVEL = 6;

const resumeState = async () => (await import("./resume-states.ts")).StreamState;

/**
 * Begins an image, or goes on from a checkpoint of the same one. A size that is no multiple of 512 is rounded up; the tail reads
 * as zeros.
 * @throws AppError disk.too-large, target.unsupported; state.conflict, disk.truncated when the target is not as the checkpoint says
 */
export async function createStream(target: ByteTarget, plan: WritePlan, context: CreateContext): Promise<DiskWriter> {
  assertNameFits(context.name, target.name);
  const writer = new StreamWriter(target, plan, context.name);
  if (context.resume) await writer.resume(context.resume);
  return writer;
}

class StreamWriter implements DiskWriter {
  readonly grainBytes = STREAM_GRAIN_BYTES;
  readonly encoding: UnitEncoding;
  readonly #target: ByteTarget;
  readonly #name: string;
  readonly #capacity: number;
  readonly #kind: string;
  readonly #directory: DataView;
  readonly #table = new DataView(new ArrayBuffer(TABLE_BYTES));
  /** Number of the table that is open; -1 before the first grain. */
  #tableIndex = -1;
  #openedAtBytes = STREAM_GRAINS_AT_BYTES;
  #endBytes = 0;
  #writtenBytes = 0;
  #identity: ContentIdentity;
  /** What is not written yet; the cursor is its end. */
  readonly #out = new Uint8Array(OUT_BYTES + 4 * STREAM_GRAIN_BYTES);
  readonly #outView = new DataView(this.#out.buffer);
  #outLength = 0;
  #outAtBytes = STREAM_GRAINS_AT_BYTES;

  constructor(target: ByteTarget, plan: WritePlan, name: string) {
    this.#target = target;
    this.#name = name;
    assertSizeWritable(target.name, plan.virtualSizeBytes);
    const level = plan.compression.level ?? USUAL_LEVEL;
    this.encoding = { method: "zlib", level, plainWhenLarger: false };
    this.#capacity = Math.ceil(plan.virtualSizeBytes / SECTOR_BYTES);
    this.#kind = ["vmdk stream", this.#capacity, level].join(" ");
    this.#identity = new ContentIdentity([this.#kind]);
    const tables = Math.ceil(plan.virtualSizeBytes / (STREAM_GRAIN_BYTES * GTES_PER_GT));
    this.#directory = new DataView(new ArrayBuffer(tables * 4));
  }

  async resume(checkpoint: WriterCheckpoint): Promise<void> {
    const state = await parseResumeState(resumeState, checkpoint, this.#target.name);
    if (state.kind !== this.#kind || state.openedAtBytes > state.cursorBytes) {
      throw new AppError("state.conflict", `the checkpoint for ${this.#target.name} belongs to another disk`);
    }
    await this.#target.read(state.cursorBytes - 1, new Uint8Array(1));
    await withdraw(this.#target, SECTOR_BYTES);
    await this.#target.resize(state.cursorBytes);
    this.#tableIndex = await recoverTables(this.#target, state, this.#directory, this.#table);
    this.#outAtBytes = state.cursorBytes;
    this.#openedAtBytes = state.openedAtBytes;
    this.#endBytes = state.endBytes;
    this.#writtenBytes = state.writtenBytes;
    this.#identity = new ContentIdentity([this.#kind], state.identity);
  }

  /** @throws AppError internal.bug: every unit is to come encoded */
  async write(offset: number, bytes: Uint8Array): Promise<void> {
    throw new AppError("internal.bug", `vmdk: ${bytes.length} bytes at ${offset} of a stream are not compressed`);
  }

  async writeEncoded(offset: number, stored: Uint8Array): Promise<void> {
    const { grainBytes } = this;
    const inside = offset % grainBytes === 0 && offset >= this.#endBytes && offset < this.#capacity * SECTOR_BYTES;
    if (!inside || stored.length === 0 || stored.length > 2 * grainBytes) {
      throw new AppError("internal.bug", `vmdk: no grain of a stream at ${offset}, after ${this.#endBytes}`);
    }
    const grain = offset / grainBytes;
    const index = Math.floor(grain / GTES_PER_GT);
    if (index !== this.#tableIndex) {
      await this.#closeTable();
      this.#tableIndex = index;
    }
    const sector = this.#sector();
    const at = this.#outLength;
    const guestSector = offset / SECTOR_BYTES;
    this.#outView.setUint32(at, guestSector % 2 ** 32, true);
    this.#outView.setUint32(at + 4, Math.floor(guestSector / 2 ** 32), true);
    this.#outView.setUint32(at + 8, stored.length, true);
    this.#out.set(stored, at + GRAIN_MARKER_BYTES);
    await this.#advance(GRAIN_MARKER_BYTES + stored.length);
    this.#table.setUint32((grain % GTES_PER_GT) * 4, sector, true);
    // The stream ends with a checksum over the whole grain.
    this.#identity.add(offset, stored.subarray(-4));
    this.#endBytes = offset + grainBytes;
    this.#writtenBytes += grainBytes;
  }

  async checkpoint(doneBytes: number): Promise<WriterCheckpoint> {
    await this.#flush();
    await this.#target.resize(this.#outAtBytes);
    await this.#target.sync();
    const state: StreamState = {
      kind: this.#kind,
      cursorBytes: this.#outAtBytes,
      endBytes: this.#endBytes,
      openedAtBytes: this.#openedAtBytes,
      writtenBytes: this.#writtenBytes,
      identity: this.#identity.state,
    };
    return { doneBytes, state };
  }

  async finish(): Promise<WriteSummary> {
    await this.#closeTable();
    const directory = new Uint8Array(this.#directory.buffer);
    await this.#putMarker(MARKER_TYPE.grainDirectory, Math.ceil(directory.length / SECTOR_BYTES));
    const directoryAt = this.#sector();
    for (let at = 0; at < directory.length; at += TABLE_BYTES)
      await this.#put(directory.subarray(at, at + TABLE_BYTES));
    await this.#putMarker(MARKER_TYPE.footer, 1);
    await this.#put(this.#header(BigInt(directoryAt)));
    await this.#putMarker(MARKER_TYPE.endOfStream, 0);
    await this.#flush();
    const head = new Uint8Array(STREAM_GRAINS_AT_BYTES);
    head.set(this.#descriptor(), SECTOR_BYTES);
    await this.#target.write(0, head);
    await this.#target.resize(this.#outAtBytes);
    await this.#target.sync();
    await this.#target.write(0, this.#header(GD_AT_END));
    await this.#target.sync();
    return { writtenBytes: this.#writtenBytes, fileSizeBytes: this.#outAtBytes };
  }

  #descriptor(): Uint8Array {
    return descriptorText({
      createType: "streamOptimized",
      cid: contentId(this.#identity),
      parent: null,
      capacitySectors: this.#capacity,
      extentType: "SPARSE",
      extentFile: this.#name,
    });
  }

  #header(gdOffset: bigint): Uint8Array {
    return sparseHeader.encode({
      magicNumber: SPARSE_MAGIC,
      version: 3,
      flags: FLAG.lineEndTest | FLAG.compressedGrains | FLAG.markers,
      capacity: this.#capacity,
      grainSize: STREAM_GRAIN_BYTES / SECTOR_BYTES,
      descriptorOffset: 1,
      descriptorSize: DESCRIPTOR_SECTORS,
      numGTEsPerGT: GTES_PER_GT,
      rgdOffset: 0n,
      gdOffset,
      overHead: BigInt(STREAM_GRAINS_AT_BYTES / SECTOR_BYTES),
      uncleanShutdown: 0,
      lineEndTest: LINE_END_TEST,
      compressAlgorithm: COMPRESSION.deflate,
    });
  }

  /** Writes the table of the grains so far, if there are any since the one before. */
  async #closeTable(): Promise<void> {
    if (this.#tableIndex < 0) return;
    await this.#putMarker(MARKER_TYPE.grainTable, TABLE_BYTES / SECTOR_BYTES);
    this.#directory.setUint32(this.#tableIndex * 4, this.#sector(), true);
    await this.#put(new Uint8Array(this.#table.buffer));
    new Uint8Array(this.#table.buffer).fill(0);
    this.#openedAtBytes = this.#outAtBytes + this.#outLength;
  }

  /** A marker of metadata, in a sector of its own. @param sectors of what follows */
  async #putMarker(type: number, sectors: number): Promise<void> {
    await this.#put(marker.encode({ value: sectors, size: 0, type }));
  }

  async #put(bytes: Uint8Array): Promise<void> {
    this.#sector();
    this.#out.set(bytes, this.#outLength);
    await this.#advance(bytes.length);
  }

  /** The sector at the cursor. @throws AppError disk.too-large where tables could not point to it */
  #sector(): number {
    const sector = (this.#outAtBytes + this.#outLength) / SECTOR_BYTES;
    if (sector < MAX_FILE_SECTORS) return sector;
    throw new AppError(
      "disk.too-large",
      `${this.#target.name}: a stream-optimized VMDK cannot be larger than ${MAX_FILE_SECTORS * SECTOR_BYTES} bytes`,
    );
  }

  /** `length` bytes were put at the end of what is to be written: fills up the sector, and writes when there is enough. */
  async #advance(length: number): Promise<void> {
    const from = this.#outLength + length;
    this.#outLength = Math.ceil(from / SECTOR_BYTES) * SECTOR_BYTES;
    this.#out.fill(0, from, this.#outLength);
    if (this.#outLength >= OUT_BYTES) await this.#flush();
  }

  async #flush(): Promise<void> {
    if (this.#outLength === 0) return;
    await this.#target.write(this.#outAtBytes, this.#out.subarray(0, this.#outLength));
    this.#outAtBytes += this.#outLength;
    this.#outLength = 0;
  }
}
