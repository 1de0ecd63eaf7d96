/**
 * What the writers of images that have a place for every block share (VHD fixed, VHDX fixed, VDI static): guest offset n is in the
 * file at `dataAtBytes` + n, so that data goes straight to where it belongs. What is never written stays a hole of the file; the
 * tables, which say the same of every block, are the format's to write after `finishData`.
 */
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteTarget } from "../../io/byte-source.ts";
import { type DiskWriter, parseResumeState, type WriterCheckpoint } from "../format.ts";
import { ContentIdentity, GRAIN_BYTES } from "./content-identity.ts";
import type { FlatState } from "./resume-states.ts";
import { assertPlace, withdraw } from "./table.ts";

const resumeState = async () => (await import("./resume-states.ts")).FlatState;

export interface FlatLayout {
  /** Format id, for messages. */
  readonly format: string;
  /** Everything that was chosen for this image, its size first: a checkpoint of another is refused by it. */
  readonly kind: readonly [number, ...(string | number | null)[]];
  readonly dataAtBytes: number;
  /** Of the data, up to a whole block. */
  readonly dataBytes: number;
  /** Of the head without which no program takes the file for an image; 0 where such a mark follows the data. */
  readonly headBytes: number;
}

export class FlatWriter implements Pick<DiskWriter, "grainBytes" | "write" | "checkpoint"> {
  readonly grainBytes = GRAIN_BYTES;
  readonly #target: ByteTarget;
  readonly #layout: FlatLayout;
  readonly #virtualSizeBytes: number;
  #endBytes = 0;
  #writtenBytes = 0;
  #identity: ContentIdentity;

  constructor(target: ByteTarget, layout: FlatLayout) {
    this.#target = target;
    this.#layout = layout;
    this.#virtualSizeBytes = layout.kind[0];
    this.#identity = new ContentIdentity([layout.format, ...layout.kind]);
  }

  /** Final after the last write. */
  get identity(): ContentIdentity {
    return this.#identity;
  }

  /** Guest bytes stored so far. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** @throws AppError state.conflict, or disk.truncated when the target is shorter than the checkpoint says */
  async resume(checkpoint: WriterCheckpoint): Promise<void> {
    const state = await parseResumeState(resumeState, checkpoint, this.#target.name);
    const { format, kind, dataAtBytes, dataBytes, headBytes } = this.#layout;
    if (state.kind !== kind.join(" ") || state.endBytes > this.#virtualSizeBytes) {
      throw new AppError("state.conflict", `the checkpoint for ${this.#target.name} belongs to another disk`);
    }
    await this.#target.read(dataAtBytes + dataBytes - 1, new Uint8Array(1));
    // First and for sure the mark of an image that an earlier attempt finished, wherever it is; then what came later.
    await this.#target.resize(dataAtBytes + dataBytes);
    await withdraw(this.#target, headBytes);
    this.#endBytes = state.endBytes;
    this.#writtenBytes = state.writtenBytes;
    this.#identity = new ContentIdentity([format, ...kind], state.identity);
    await this.#target.resize(dataAtBytes + state.endBytes);
    await this.#target.resize(dataAtBytes + dataBytes);
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    const { format, dataAtBytes } = this.#layout;
    assertPlace(format, { offset, length: bytes.length, after: this.#endBytes, sizeBytes: this.#virtualSizeBytes });
    await this.#target.write(dataAtBytes + offset, bytes);
    this.#identity.add(offset, bytes);
    this.#writtenBytes += bytes.length;
    this.#endBytes = offset + bytes.length;
  }

  async checkpoint(doneBytes: number): Promise<WriterCheckpoint> {
    await this.finishData();
    const state: FlatState = {
      kind: this.#layout.kind.join(" "),
      endBytes: this.#endBytes,
      writtenBytes: this.#writtenBytes,
      identity: this.#identity.state,
    };
    return { doneBytes, state };
  }

  /** Makes the data durable. @returns the length of the file */
  async finishData(): Promise<number> {
    const { dataAtBytes, dataBytes } = this.#layout;
    await this.#target.resize(dataAtBytes + dataBytes);
    await this.#target.sync();
    return dataAtBytes + dataBytes;
  }
}
