/** Small images whose every byte is known, for the conformance suite and the fuzzer. */
import type { CheckFinding, FormatId } from "../../../src-core/model/disk.ts";
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { memorySource } from "../../io/memory.ts";
import type { CheckContext, DiskReader, OpenContext } from "../format.ts";
import { formatById } from "../registry.ts";
import type { TestDisk } from "./test-disk.ts";

/** A number inside a file that a reader decodes. */
export interface FixtureField {
  readonly name: string;
  readonly file: string;
  readonly offset: number;
  readonly sizeBytes: 1 | 2 | 4 | 8;
  readonly endian: "little" | "big";
}

/** A range of a file that the image cannot do without. */
export interface FixtureStructure {
  readonly name: string;
  readonly file: string;
  readonly start: number;
  readonly length: number;
}

export interface Fixture {
  readonly name: string;
  readonly format: FormatId;
  /** The file that is opened. */
  readonly main: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly disk: TestDisk;
  readonly structures: readonly FixtureStructure[];
  readonly fields: readonly FixtureField[];
  /** Files that pretend to be longer than their content, which then repeats: nothing lies beyond their end. */
  readonly apparentSizes?: ReadonlyMap<string, number>;
  /** The main file with the checksums of what it holds, where the format has some: lies that only a reader's own checks find. */
  readonly resealed?: (content: Uint8Array) => Uint8Array;
}

/** What opening and reading did to the files. */
export interface Access {
  /** Names asked for by the reader, as the image gives them. */
  readonly asked: string[];
  /** Extent files that were opened and not closed. */
  open: number;
}

export function newAccess(): Access {
  return { asked: [], open: 0 };
}

type FixtureFiles = Pick<Fixture, "format" | "main" | "files" | "apparentSizes">;

/** Opens a set of files as an image would be; `wrap` may put a fault between. */
export async function openFiles(
  fixture: FixtureFiles,
  access: Access = newAccess(),
  wrap: (source: ByteSource) => ByteSource = (source) => source,
  snapshot: string | null = null,
): Promise<DiskReader> {
  const context: OpenContext = { snapshot, openExtentFile: extentOpener(fixture, access, wrap) };
  return formatById(fixture.format).open(wrap(mainOf(fixture)), context);
}

/** The structural check of a set of files; nothing where the format has none. */
export async function* checkFiles(
  fixture: FixtureFiles,
  access: Access,
  gate: () => Promise<void>,
): AsyncIterable<CheckFinding> {
  const context: CheckContext = {
    openExtentFile: extentOpener(fixture, access, (source) => source),
    gate,
    progress() {},
  };
  yield* formatById(fixture.format).check?.(mainOf(fixture), context) ?? [];
}

function mainOf(fixture: FixtureFiles): ByteSource {
  return sourceOf(fixture, fixture.main, fixture.files.get(fixture.main) ?? new Uint8Array(0));
}

function extentOpener(
  fixture: FixtureFiles,
  access: Access,
  wrap: (source: ByteSource) => ByteSource,
): OpenContext["openExtentFile"] {
  return async (name) => {
    access.asked.push(name);
    const content = fixture.files.get(name);
    if (!content) throw new AppError("disk.backing-missing", `${fixture.main} needs ${JSON.stringify(name)}`);
    const source = wrap(sourceOf(fixture, name, content));
    access.open++;
    let open = true;
    return {
      name: source.name,
      sizeBytes: source.sizeBytes,
      allocatedBytes: source.allocatedBytes,
      read: (offset, into) => source.read(offset, into),
      async close() {
        if (open) access.open--;
        open = false;
        await source.close();
      },
    };
  };
}

function sourceOf(fixture: Pick<Fixture, "apparentSizes">, name: string, content: Uint8Array): ByteSource {
  const sizeBytes = fixture.apparentSizes?.get(name);
  if (sizeBytes === undefined || content.length === 0) return memorySource(name, content);
  return {
    name,
    sizeBytes,
    allocatedBytes: content.length,
    async read(offset, into) {
      if (offset + into.length > sizeBytes) throw new AppError("disk.truncated", `${name} ends at ${sizeBytes}`);
      for (let done = 0; done < into.length; ) {
        const from = (offset + done) % content.length;
        const part = content.subarray(from, from + into.length - done);
        into.set(part, done);
        done += part.length;
      }
    },
    async close() {},
  };
}

/** The fixture with one of its files replaced. */
export function withFile(fixture: Fixture, file: string, content: Uint8Array): Fixture {
  return { ...fixture, files: new Map([...fixture.files, [file, content]]) };
}

/** Fields of a structure declared as a field table, as far as they are numbers. */
export function fieldsOf(
  table: { readonly name: string; readonly sizeBytes: number; readonly offsets: Readonly<Record<string, number>> },
  file: string,
  atBytes: number,
  endian: "little" | "big",
): FixtureField[] {
  const starts = Object.entries(table.offsets);
  const fields: FixtureField[] = [];
  for (const [index, [name, offset]] of starts.entries()) {
    const end = starts[index + 1]?.[1] ?? table.sizeBytes;
    const sizeBytes = end - offset;
    if (sizeBytes === 1 || sizeBytes === 2 || sizeBytes === 4 || sizeBytes === 8) {
      fields.push({ name: `${table.name}.${name}`, file, offset: atBytes + offset, sizeBytes, endian });
    }
  }
  return fields;
}
