/** Sources and targets whose n-th call fails, for n = 1, 2, 3 … until nothing fails any more. */
import { AppError, type ErrorCode } from "../../../src-core/model/error.ts";
import type { ByteSource, ByteTarget } from "../byte-source.ts";

/** Counts calls; the one numbered `failAt` (from 1) throws `code`, and every one after it too when `stays`. */
export class Fault {
  calls = 0;
  readonly failAt: number;
  readonly code: ErrorCode;
  readonly stays: boolean;

  constructor(failAt: number, code: ErrorCode, stays = false) {
    this.failAt = failAt;
    this.code = code;
    this.stays = stays;
  }

  /** True once the fault has struck. */
  get struck(): boolean {
    return this.calls >= this.failAt;
  }

  step(name: string): void {
    this.calls++;
    const fails = this.stays ? this.calls >= this.failAt : this.calls === this.failAt;
    if (fails) throw new AppError(this.code, `${name}: call ${this.calls} fails on purpose`);
  }
}

/** `source` whose reads go through `fault`; closing never fails. */
export function faultySource(source: ByteSource, fault: Fault): ByteSource {
  return {
    name: source.name,
    sizeBytes: source.sizeBytes,
    allocatedBytes: source.allocatedBytes,
    async read(offset, into) {
      fault.step(source.name);
      await source.read(offset, into);
    },
    close: () => source.close(),
  };
}

/** `target` whose writes, reads, resizes and syncs go through `fault`; closing never fails. */
export function faultyTarget(target: ByteTarget, fault: Fault): ByteTarget {
  return {
    name: target.name,
    async write(offset, bytes) {
      fault.step(target.name);
      await target.write(offset, bytes);
    },
    async read(offset, into) {
      fault.step(target.name);
      await target.read(offset, into);
    },
    async resize(sizeBytes) {
      fault.step(target.name);
      await target.resize(sizeBytes);
    },
    async sync() {
      fault.step(target.name);
      await target.sync();
    },
    close: () => target.close(),
  };
}
