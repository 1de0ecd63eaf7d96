/**
 * Reads a stream-optimized VMDK that comes through a pipe: header, descriptor, then grain after grain as they lie in the file. Never
 * goes back, so grains have to come in the guest's order.
 *
 *   header │ descriptor │ [tables, as qemu-img puts them] │ grain marker, grain │ … │ marker, table │ … │ directory │ footer │ end
 *
 * That nothing was lost on the way shows by counting: as many grains must come as the tables, in front or at the end, list. A stream
 * whose tables lie at the end must end with the end-of-stream marker; one with its tables in front may just end.
 */
import { AppError } from "../../../src-core/model/error.ts";
import type { SequentialSource } from "../../io/sequential.ts";
import { assertInside, type DiskReader, type Extent } from "../format.ts";
import { type Descriptor, MAX_DESCRIPTOR_BYTES, parseDescriptor } from "./descriptor.ts";
import { grainProblem } from "./grain-map.ts";
import { backingOf } from "./parts.ts";
import { assertStoredLength, inflateGrain } from "./sparse-extent.ts";
import { decodeHeader, headerFacts, layoutOf, type SparseLayout } from "./sparse-header.ts";
import { FLAG, GD_AT_END, GRAIN_MARKER_BYTES, MARKER_TYPE, SECTOR_BYTES } from "./structures.ts";

/** 64 TiB at the usual grain; the directory is held while tables in front are counted. */
const MAX_DIRECTORY_ENTRIES = 2 ** 21;

/** Passed over at once. */
const SKIP_BYTES = 64 * 1024;

/** @throws AppError disk.damaged, disk.unsupported, disk.too-large, disk.truncated */
export async function openStream(source: SequentialSource): Promise<DiskReader> {
  const input = new Input(source);
  const header = decodeHeader(source, await input.take(SECTOR_BYTES, "VMDK sparse header"), 0, "VMDK sparse header");
  const layout = layoutOf(source, header, 0, false);
  if (!layout.compressed) {
    throw unsupported(source, "only stream-optimized VMDKs can be read from a pipe", 0);
  }
  if (header.flags & FLAG.zeroedGrain) throw unsupported(source, "zeroed grains cannot be told from a pipe", 0);
  if (layout.directoryEntries > MAX_DIRECTORY_ENTRIES) {
    throw new AppError("disk.too-large", `${source.name}: a disk of ${layout.capacityBytes} bytes from a pipe`);
  }
  const descriptor = await takeDescriptor(input, layout);
  const inFront = header.gdOffset !== GD_AT_END && header.gdOffset < header.overHead;
  const listed = inFront ? await countListed(input, layout) : null;
  await input.skipTo(Number(header.overHead) * SECTOR_BYTES, "overHead");
  return new StreamReader(input, layout, descriptor, listed);
}

async function takeDescriptor(input: Input, { header }: SparseLayout): Promise<Descriptor | null> {
  const [atBytes, length] = [header.descriptorOffset * SECTOR_BYTES, header.descriptorSize * SECTOR_BYTES];
  if (atBytes === 0 || length === 0) return null;
  if (length > MAX_DESCRIPTOR_BYTES) {
    throw new AppError("disk.too-large", `descriptor of ${input.source.name} at offset ${atBytes} has ${length} bytes`);
  }
  await input.skipTo(atBytes, "descriptor");
  return parseDescriptor(await input.take(length, "descriptor"), input.source.name, atBytes);
}

/** Grains that the tables in front of them list. */
async function countListed(input: Input, layout: SparseLayout): Promise<number> {
  await input.skipTo(layout.directoryAtBytes, "grain directory");
  const directory = (await input.take(layout.directoryEntries * 4, "grain directory")).slice();
  let count = 0;
  for (const sector of entriesOf(directory)) {
    if (sector === 0) continue;
    await input.skipTo(sector * SECTOR_BYTES, "grain table");
    count += stored(await input.take(layout.entriesPerTable * 4, "grain table"));
  }
  return count;
}

class StreamReader implements DiskReader {
  readonly format = "vmdk";
  readonly snapshots = [];
  readonly allocatedBytes = null;
  readonly files = [];
  readonly subformat: string;
  readonly virtualSizeBytes: number;
  readonly grainBytes: number;
  readonly backing;
  readonly mark;
  readonly facts;
  readonly warnings: readonly string[] = [];
  readonly #input: Input;
  readonly #layout: SparseLayout;
  /** Grains listed by tables in front; null: tables follow. */
  readonly #listed: number | null;
  #begun = false;
  /** The grain that was given out last: where it is in the guest, its marker in the stream, and what is stored. */
  #guest = -1;
  #markerAt = 0;
  #stored: Uint8Array = new Uint8Array(0);
  /** For the grain with its marker and its padding. */
  #unit: Uint8Array = new Uint8Array(0);
  #inflated: Uint8Array | null = null;
  readonly #grain: Uint8Array;
  readonly #sector = new Uint8Array(SECTOR_BYTES);

  constructor(input: Input, layout: SparseLayout, descriptor: Descriptor | null, listed: number | null) {
    this.#input = input;
    this.#layout = layout;
    this.#listed = listed;
    this.#grain = new Uint8Array(layout.grainBytes);
    this.subformat = descriptor?.createType ?? "streamOptimized";
    this.virtualSizeBytes = layout.capacityBytes;
    this.grainBytes = layout.grainBytes;
    this.backing = descriptor ? backingOf(descriptor, input.source.name) : null;
    this.mark = descriptor?.cid ?? null;
    this.facts = [
      ...headerFacts(layout),
      ...(descriptor?.entries ?? []).map((entry) => ({ group: "descriptor", ...entry })),
    ];
  }

  async *extents(start: number, length: number): AsyncIterable<Extent> {
    const { virtualSizeBytes, grainBytes } = this;
    if (this.#begun || start !== 0 || length !== virtualSizeBytes) {
      throw new AppError("internal.bug", `${this.#input.source.name} can be walked once, from one end to the other`);
    }
    this.#begun = true;
    let at = 0;
    while (await this.#nextGrain(at)) {
      const grainEnd = Math.min(this.#guest + grainBytes, virtualSizeBytes);
      if (this.#guest > at) yield { start: at, length: this.#guest - at, state: "hole" };
      yield { start: this.#guest, length: grainEnd - this.#guest, state: "data" };
      at = grainEnd;
    }
    this.#guest = -1;
    if (at < virtualSizeBytes) yield { start: at, length: virtualSizeBytes - at, state: "hole" };
  }

  async read(offset: number, into: Uint8Array): Promise<void> {
    const { name } = this.#input.source;
    assertInside(name, this.virtualSizeBytes, offset, into.length);
    const inGrain = offset - this.#guest;
    if (this.#guest < 0 || inGrain < 0 || inGrain + into.length > this.grainBytes) {
      throw new AppError("internal.bug", `${name}: [${offset}, +${into.length}) is not in the grain that came last`);
    }
    const grain = this.#guest / this.grainBytes;
    if (this.#inflated === null && into.length === this.grainBytes) {
      // Mostly all of it is wanted, once: it is inflated to where it goes, and not kept.
      this.#assertHolds(grain, this.#inflateTo(into, grain), into.length);
      return;
    }
    this.#inflated ??= this.#grain.subarray(0, this.#inflateTo(this.#grain, grain));
    this.#assertHolds(grain, this.#inflated.length, inGrain + into.length);
    into.set(this.#inflated.subarray(inGrain, inGrain + into.length));
  }

  /** Inflates the grain that came last. @returns how many bytes it holds; they are the first of `into` */
  #inflateTo(into: Uint8Array, grain: number): number {
    return inflateGrain(this.#input.source, this.#stored, into, grain, this.#markerAt);
  }

  #assertHolds(grain: number, holds: number, needed: number): void {
    if (holds >= needed) return;
    const what = `holds ${holds} bytes, ${needed} are needed`;
    throw grainProblem("disk.damaged", this.#input.source, grain, this.#markerAt, what);
  }

  async close(): Promise<void> {}

  #grains = 0;
  #tableEntries = 0;

  /** Goes on to the next grain, past tables. @param from guest offset behind the last. @returns false at the sound end */
  async #nextGrain(from: number): Promise<boolean> {
    for (;;) {
      const at = this.#input.positionBytes;
      const lent = await this.#input.lend(SECTOR_BYTES);
      const sector = lent ?? this.#sector;
      const got = lent?.length ?? (await this.#input.fill(sector));
      if (got === 0 && this.#listed !== null) return this.#assertAllCame(this.#listed);
      if (got < GRAIN_MARKER_BYTES) throw this.#input.endsBefore("end-of-stream marker", at);
      const view = new DataView(sector.buffer, sector.byteOffset, SECTOR_BYTES);
      const size = view.getUint32(8, true);
      if (size > 0) return this.#takeGrain(view.getBigUint64(0, true), size, sector.subarray(0, got), at, from);
      if (got < SECTOR_BYTES) throw this.#input.endsBefore("marker", at);
      if (await this.#takeMetadata(view.getBigUint64(0, true), view.getUint32(12, true), at)) return false;
    }
  }

  /** @param first what came of the grain's first sector */
  async #takeGrain(guestSector: bigint, size: number, first: Uint8Array, at: number, from: number): Promise<boolean> {
    const { source } = this.#input;
    const guest = Number(guestSector) * SECTOR_BYTES;
    const grain = Math.floor(guest / this.grainBytes);
    const refuse = (code: "disk.damaged" | "disk.unsupported", what: string) =>
      new AppError(code, `the grain of guest sector ${guestSector} in ${source.name} at offset ${at} ${what}`, {
        details: { file: source.name, structure: "grain marker", offset: at },
      });
    if (guest % this.grainBytes !== 0) throw refuse("disk.damaged", "does not begin where grains begin");
    if (guest >= this.virtualSizeBytes) throw refuse("disk.damaged", "lies beyond the end of the disk");
    if (guest < from) throw refuse("disk.unsupported", "comes too late: from a pipe, grains must be in order");
    assertStoredLength(source, size, grain, this.grainBytes, at);
    const stored = GRAIN_MARKER_BYTES + size;
    const padded = Math.ceil(stored / SECTOR_BYTES) * SECTOR_BYTES;
    const unit = await this.#unitOf(first, padded);
    // A last grain without its padding is whole all the same, where the tables do not follow it.
    if (unit.length < (this.#listed === null ? padded : stored)) throw this.#input.endsBefore(`grain ${grain}`, at);
    this.#guest = guest;
    this.#markerAt = at;
    this.#inflated = null;
    this.#stored = unit.subarray(GRAIN_MARKER_BYTES, stored);
    this.#grains++;
    return true;
  }

  /** A grain with its marker and its padding, where it lies if it lies in one place. @returns less where the stream ends */
  async #unitOf(first: Uint8Array, length: number): Promise<Uint8Array> {
    const rest = length > SECTOR_BYTES ? await this.#input.lend(length - SECTOR_BYTES) : null;
    const follows = rest?.buffer === first.buffer && rest.byteOffset === first.byteOffset + SECTOR_BYTES;
    if (follows) return new Uint8Array(first.buffer, first.byteOffset, length);
    if (this.#unit.length === 0) this.#unit = new Uint8Array(2 * this.grainBytes + 2 * SECTOR_BYTES);
    this.#unit.set(first);
    if (rest !== null) this.#unit.set(rest, SECTOR_BYTES);
    const more = rest?.length ?? (await this.#input.fill(this.#unit.subarray(SECTOR_BYTES, length)));
    return this.#unit.subarray(0, first.length + more);
  }

  /** @returns true at the end of the stream */
  async #takeMetadata(value: bigint, type: number, at: number): Promise<boolean> {
    const { source } = this.#input;
    const { entriesPerTable, directoryEntries } = this.#layout;
    const due: Record<number, number> = {
      [MARKER_TYPE.endOfStream]: 0,
      [MARKER_TYPE.grainTable]: sectorsOf(entriesPerTable * 4),
      [MARKER_TYPE.grainDirectory]: sectorsOf(directoryEntries * 4),
      [MARKER_TYPE.footer]: 1,
    };
    const sectors = due[type];
    if (sectors === undefined || value !== BigInt(sectors)) {
      throw new AppError(
        "disk.damaged",
        `marker of ${source.name} at offset ${at}: type ${type} with ${value} sectors is not known`,
        { details: { file: source.name, structure: "marker", offset: at } },
      );
    }
    if (type === MARKER_TYPE.endOfStream) {
      await this.#assertNothingFollows();
      return !this.#assertAllCame(this.#listed ?? this.#tableEntries);
    }
    if (type === MARKER_TYPE.grainTable) {
      const table = await this.#input.take(sectors * SECTOR_BYTES, "grain table");
      this.#tableEntries += stored(table.subarray(0, entriesPerTable * 4));
    } else if (type === MARKER_TYPE.grainDirectory) {
      await this.#input.skipTo(this.#input.positionBytes + sectors * SECTOR_BYTES, "grain directory");
    } else {
      const footerAt = this.#input.positionBytes;
      const footer = decodeHeader(source, await this.#input.take(SECTOR_BYTES, "footer"), footerAt, "footer");
      const { capacityBytes, grainBytes } = layoutOf(source, footer, footerAt, true);
      if (capacityBytes !== this.virtualSizeBytes || grainBytes !== this.grainBytes) {
        throw new AppError("disk.damaged", `the footer of ${source.name} at offset ${footerAt} is of another disk`);
      }
    }
    return false;
  }

  /** Behind the end comes nothing; qemu-img, which puts tables in front, leaves zeros behind the last grain. */
  async #assertNothingFollows(): Promise<void> {
    for (;;) {
      const at = this.#input.positionBytes;
      const got = await this.#input.fill(this.#sector);
      if (got === 0) return;
      if (this.#listed !== null && this.#sector.subarray(0, got).every((byte) => byte === 0)) continue;
      throw new AppError("disk.damaged", `${this.#input.source.name} goes on behind its end-of-stream marker (${at})`, {
        details: { file: this.#input.source.name, structure: "end-of-stream marker", offset: at },
      });
    }
  }

  /** @returns false, which says that there is no further grain */
  #assertAllCame(listed: number): false {
    if (listed === this.#grains) return false;
    const { name } = this.#input.source;
    throw new AppError("disk.truncated", `${name}: ${this.#grains} grains came, its tables list ${listed}`, {
      details: { file: name, structure: "grain tables" },
    });
  }
}

/** A pipe with what every read of a structure needs. */
class Input {
  readonly source: SequentialSource;

  constructor(source: SequentialSource) {
    this.source = source;
  }

  get positionBytes(): number {
    return this.source.positionBytes;
  }

  fill(into: Uint8Array): Promise<number> {
    return this.source.read(into);
  }

  /** As SequentialSource.lend. */
  async lend(length: number): Promise<Uint8Array | null> {
    return (await this.source.lend?.(length)) ?? null;
  }

  /** Exactly `length` bytes. @throws AppError disk.truncated */
  async take(length: number, what: string): Promise<Uint8Array> {
    const at = this.positionBytes;
    const bytes = new Uint8Array(length);
    if ((await this.source.read(bytes)) < length) throw this.endsBefore(what, at);
    return bytes;
  }

  /** @throws AppError disk.truncated; disk.unsupported where that lies behind */
  async skipTo(offset: number, what: string): Promise<void> {
    if (offset < this.positionBytes) {
      throw unsupported(this.source, `its ${what} lies before what was read already`, offset);
    }
    const piece = new Uint8Array(Math.min(SKIP_BYTES, offset - this.positionBytes));
    while (this.positionBytes < offset) {
      const part = piece.subarray(0, Math.min(piece.length, offset - this.positionBytes));
      if ((await this.source.read(part)) < part.length) throw this.endsBefore(what, offset);
    }
  }

  endsBefore(what: string, at: number): AppError {
    const { name, positionBytes } = this.source;
    return new AppError(
      "disk.truncated",
      `${name} ends after ${positionBytes} bytes, before the ${what} at offset ${at} is complete`,
      { details: { file: name, structure: what, offset: at } },
    );
  }
}

/** The entries of a table that list something. */
function stored(table: Uint8Array): number {
  let count = 0;
  for (const entry of entriesOf(table)) if (entry !== 0) count++;
  return count;
}

function* entriesOf(table: Uint8Array): Iterable<number> {
  const view = new DataView(table.buffer, table.byteOffset, table.length);
  for (let at = 0; at < table.length; at += 4) yield view.getUint32(at, true);
}

function sectorsOf(bytes: number): number {
  return Math.ceil(bytes / SECTOR_BYTES);
}

function unsupported(source: SequentialSource, what: string, offset: number): AppError {
  return new AppError("disk.unsupported", `${source.name}: ${what}`, { details: { file: source.name, offset } });
}
