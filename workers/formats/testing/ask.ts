/** What tests of formats ask of an image: what it is, why it is refused, and in which states its ranges are. */
import { expect } from "vitest";
import { AppError } from "../../../src-core/model/error.ts";
import type { DiskReader, Extent, Format } from "../format.ts";
import { type Fixture, openFiles } from "./fixture.ts";
import { fillExpected, type TestDisk } from "./test-disk.ts";

/** The named error that opening and reading the whole disk ends in; throws what is none, and when nothing is refused. */
export async function refusalOf(files: Pick<Fixture, "format" | "main" | "files">): Promise<AppError> {
  try {
    const reader = await openFiles(files);
    await reader.read(0, new Uint8Array(reader.virtualSizeBytes));
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** Extents as [start, length, state], counted in units of `unitBytes`. */
export async function statesOf(extents: AsyncIterable<Extent>, unitBytes: number): Promise<unknown[]> {
  const states: unknown[] = [];
  for await (const { start, length, state } of extents) states.push([start / unitBytes, length / unitBytes, state]);
  return states;
}

/** What the format says of a file with this content. */
export function probe(format: Format, content: Uint8Array | undefined): string {
  const bytes = content ?? new Uint8Array(0);
  const tailAt = Math.max(0, bytes.length - format.probeBytes.tail);
  return format.probe(bytes.subarray(0, format.probeBytes.head), bytes.subarray(tailAt));
}

/** The extents of [start, +length), as they come. */
export async function collect(reader: DiskReader, start: number, length: number): Promise<Extent[]> {
  const all: Extent[] = [];
  for await (const extent of reader.extents(start, length)) all.push(extent);
  return all;
}

/** The extents of [start, +length) cover it without gaps, and nothing but zeros lies outside of data. */
export async function expectExtents(reader: DiskReader, disk: TestDisk, start: number, length: number): Promise<void> {
  const extents = await collect(reader, start, length);
  let at = start;
  let before: string | null = null;
  for (const extent of extents) {
    expect(extent.start).toBe(at);
    expect(extent.length).toBeGreaterThan(0);
    expect(extent.state).not.toBe(before);
    before = extent.state;
    at += extent.length;
    if (extent.state === "data") continue;
    const expected = new Uint8Array(extent.length);
    fillExpected(disk, extent.start, expected);
    expect(expected.every((byte) => byte === 0)).toBe(true);
  }
  expect(at).toBe(start + length);
}
