/** What a conversion reads: a disk with its chain that lies in files, or one that comes through standard input. */
import { AppError } from "../../src-core/model/error.ts";
import type { ConvertSpec } from "../../src-core/model/task.ts";
import { STANDARD_INPUT } from "../../src-core/model/words.ts";
import { PipedDisk } from "../disk/piped-disk.ts";
import type { DiskReader } from "../formats/format.ts";
import { formatById } from "../formats/registry.ts";
import { filesOf, type OpenDisk, openDisk } from "../image/open-disk.ts";
import type { FileIdentity } from "../io/file.ts";
import type { StandardInput } from "../io/standard-input.ts";
import type { TaskContext } from "../task.ts";

/** The one format whose streams can be read without going back. */
const STREAMED = "vmdk";

interface Common {
  readonly warnings: readonly string[];
  /** What it is, in one line of the log. */
  readonly line: string;
  /** The files it is read from: no target may be one of them. */
  readonly files: readonly { readonly name: string; readonly identity: FileIdentity }[];
  close(): Promise<void>;
}

/** In files: can be walked, read and opened as often as wanted. */
export interface StoredSource extends Common {
  readonly kind: "stored";
  readonly guest: OpenDisk["guest"];
  readonly disk: OpenDisk;
}

/** Through a pipe: comes once; nobody knows how much data there will be. */
export interface PipedSource extends Common {
  readonly kind: "piped";
  readonly guest: PipedDisk;
}

export type ConvertSource = StoredSource | PipedSource;

/** Opens the source of a conversion; the caller closes it. @throws AppError path.*, disk.*, io.read; of a pipe job.canceled */
export async function openSource(spec: ConvertSpec, ctx: TaskContext): Promise<ConvertSource> {
  if (spec.sourcePath === STANDARD_INPUT) return openPiped(ctx);
  const { roots, sourceFormat, sourceSnapshot } = spec;
  const disk = await openDisk(spec.sourcePath, {
    format: sourceFormat,
    roots,
    brokenChain: "refuse",
    snapshot: sourceSnapshot ?? null,
  });
  const { warnings, guest, close } = disk;
  const [{ path, reader }, ...parents] = disk.layers;
  const standing = parents.length === 0 ? "" : ` on ${parents.map((layer) => layer.path).join(", ")}`;
  const line = `${path}: ${factsOf(reader)}${standing}`;
  return { kind: "stored", guest, disk, warnings, line, files: filesOf(disk), close };
}

async function openPiped(ctx: TaskContext): Promise<PipedSource> {
  const { standardInput } = await import("../io/standard-input.ts");
  const input = standardInput(ctx.gate);
  try {
    const reader = await openStream(input);
    return {
      kind: "piped",
      guest: new PipedDisk(reader),
      warnings: reader.warnings,
      line: `${input.name}: ${factsOf(reader)}`,
      files: [input],
      async close() {
        await reader.close();
        input.close();
      },
    };
  } catch (error) {
    input.close();
    throw error;
  }
}

async function openStream(input: StandardInput): Promise<DiskReader> {
  const { openStream } = formatById(STREAMED);
  if (openStream === undefined) throw new AppError("internal.bug", `${STREAMED} cannot be read from a pipe`);
  const reader = await openStream(input);
  if (reader.backing === null) return reader;
  const said = `the disk from ${input.name} stands on a parent (${reader.backing.name}): convert it from its file`;
  throw new AppError("disk.unsupported", said, { details: { file: input.name, parent: reader.backing.name } });
}

function factsOf({ format, subformat, virtualSizeBytes }: DiskReader): string {
  return `${format} ${subformat}, ${virtualSizeBytes} bytes`;
}
