/**
 * Identifiers for images whose format wants one (VHD, VHDX, VDI), without chance or clock: the same disk gives the same file, byte
 * for byte, also when its conversion was interrupted. Random ones would not, and the same one for every disk would make two disks
 * of one machine one. The identifier follows from the kind of image and from what was written: which grains, and some words of
 * each. Hashing every byte would cost more than copying it; a disk that changed in use differs in some of these words. Two
 * conversions of one unchanged disk share theirs.
 */
import type { IdentityState } from "./resume-states.ts";

/** What is written comes in whole grains of this size, the disk's end excepted. */
export const GRAIN_BYTES = 4096;
/** Looked at in each grain: eight words of 32 bits, spread over it. */
const STRIDE_BYTES = 536;
const SAMPLES_END_BYTES = 7 * STRIDE_BYTES + 4;

export class ContentIdentity {
  readonly #kind: string;
  #first: number;
  #second: number;

  /** @param kind whatever tells two images of one content apart: format, sub-format, size … */
  constructor(kind: readonly (string | number | null)[], state: IdentityState = [0, 0]) {
    this.#kind = kind.join(" ");
    [this.#first, this.#second] = state;
  }

  get state(): IdentityState {
    return [this.#first, this.#second];
  }

  /**
   * Takes in a write, in ascending order; how writes are cut into whole grains makes no difference. A word that differs in one
   * place is never lost: each step maps different states to different ones.
   */
  add(offset: number, bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let [first, second] = this.state;
    for (let grain = 0; grain < bytes.length; grain += GRAIN_BYTES) {
      const end = Math.min(grain + SAMPLES_END_BYTES, bytes.length - 3);
      first = Math.imul(first ^ ((offset + grain) / GRAIN_BYTES), 0x85ebca6b);
      for (let at = grain; at < end; at += STRIDE_BYTES) {
        const word = view.getUint32(at, true);
        first = Math.imul(first ^ word, 0x9e3779b1);
        first ^= first >>> 15;
        second = Math.imul(second + word, 0xc2b2ae35) ^ first;
      }
    }
    this.#first = first;
    this.#second = second;
  }

  /** A UUID of version 8 (RFC 9562, section 5.8), in the order in which its text shows it. @param purpose tells several apart */
  uuid(purpose: string): Uint8Array {
    // Not imported above: it takes milliseconds to read, of every thread's start, and few images want one.
    const { createHash } = process.getBuiltinModule("node:crypto");
    const digest = createHash("sha256")
      .update(JSON.stringify([this.#kind, this.state, purpose]))
      .digest();
    const uuid = new Uint8Array(digest.subarray(0, 16));
    uuid[6] = 0x80 + ((uuid[6] ?? 0) % 0x10);
    uuid[8] = 0x80 + ((uuid[8] ?? 0) % 0x40);
    return uuid;
  }
}
