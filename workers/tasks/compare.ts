/** Compares the contents of two disks of any formats, each through its chain. A difference is an answer, not an error. */
import type { CompareResult, CompareSpec } from "../../src-core/model/task.ts";
import { compareDisks } from "../disk/compare.ts";
import { filesOf, type OpenDisk, openDisk, realCause } from "../image/open-disk.ts";
import type { TaskRunner } from "../task.ts";
import { comparerFor, laneDisk } from "./lane-disk.ts";

export const compare: TaskRunner<"compare"> = async (spec, ctx) => {
  const beganAtMs = ctx.now();
  ctx.started(null);
  const open = ({ path, format, snapshot }: CompareSpec["a"]) =>
    openDisk(path, { format, snapshot: snapshot ?? null, roots: spec.roots, brokenChain: "refuse" });
  const a = await open(spec.a);
  try {
    const b = await open(spec.b);
    try {
      for (const warning of [...a.warnings, ...b.warnings]) ctx.warn(warning);
      let totalBytes = 0;
      const comparer = comparerFor(
        ctx,
        { disk: a, told: () => laneDisk(a, spec.roots, spec.a) },
        { disk: b, told: () => laneDisk(b, spec.roots, spec.b) },
      );
      const hooks = {
        gate: ctx.gate,
        spend: ctx.spend,
        total: (bytes: number) => {
          totalBytes = bytes;
        },
        progress: (done: number) => ctx.progress(done, totalBytes, "comparing"),
      };
      const found = await compareDisks(a.guest, b.guest, spec.mode, hooks, comparer);
      for (const file of [...filesOf(a), ...filesOf(b)]) file.assertUnchanged();
      return {
        kind: "compare",
        equal: found.firstDifferenceBytes === null,
        aVirtualSizeBytes: a.guest.virtualSizeBytes,
        bVirtualSizeBytes: b.guest.virtualSizeBytes,
        firstDifferenceBytes: found.firstDifferenceBytes,
        comparedBytes: found.comparedBytes,
        statement: statementFor(found, a, b),
        durationMs: ctx.now() - beganAtMs,
      };
    } catch (error) {
      throw realCause(realCause(error, b), a);
    } finally {
      await b.close();
    }
  } finally {
    await a.close();
  }
};

function statementFor(
  { firstDifferenceBytes, statement }: Pick<CompareResult, "firstDifferenceBytes" | "statement">,
  a: OpenDisk,
  b: OpenDisk,
): string {
  if (firstDifferenceBytes !== null) return `the first difference is at byte ${firstDifferenceBytes}`;
  const surplus = Math.abs(a.guest.virtualSizeBytes - b.guest.virtualSizeBytes);
  return surplus === 0 ? statement : `${statement}; the longer disk ends in ${surplus} bytes that read as zeros`;
}
