/** qemu-img as the judge of what a story made. */
import { execFileSync } from "node:child_process";

/** Throws with qemu-img's own words unless both disks hold the same bytes and a qcow2 target has neither error nor leak. */
export function qemuSaysIdentical(source: string, target: string): void {
  execFileSync("qemu-img", ["compare", source, target], { stdio: ["ignore", "pipe", "pipe"] });
  if (target.endsWith(".qcow2")) execFileSync("qemu-img", ["check", target], { stdio: ["ignore", "pipe", "pipe"] });
}
