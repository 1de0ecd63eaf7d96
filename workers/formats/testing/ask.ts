/** What tests of formats ask of an image: why it is refused, and in which states its ranges are. */
import { AppError } from "../../../src-core/model/error.ts";
import type { Extent } from "../format.ts";
import { type Fixture, openFiles } from "./fixture.ts";

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
