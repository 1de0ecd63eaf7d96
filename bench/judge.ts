/** Is a result right? Speed counts only then. qemu-img is the judge, in runs that are not measured. */
import { type Image, KINDS, ourComparison, peerComparison, runPlain } from "./images.ts";
import type { Command } from "./measure.ts";

/** Who compares: qemu-img, or our own `compare` where qemu-img would take an hour (it reads the holes of a VHDX, all of them). */
type Comparer = "qemu-img" | "ours";

/** @returns what is wrong with `image`, which should hold the disk `original`; empty when nothing is */
export async function problemsOf(
  image: Image,
  original: Image,
  signal: AbortSignal,
  comparer: Comparer = "qemu-img",
): Promise<string[]> {
  const ask = async (complaint: string, command: Command) => {
    try {
      await runPlain(command, signal);
      return [];
    } catch (thrown) {
      signal.throwIfAborted();
      return [`${complaint} (${errorText(thrown)})`];
    }
  };
  const { peer, checked } = KINDS[image.kind];
  const check: Command = { program: "qemu-img", args: ["check", "-q", "-f", peer.format, image.path] };
  const compare = comparer === "ours" ? ourComparison : peerComparison;
  return [
    ...(await ask("not identical", compare(original, image))),
    ...((await virtualSize(image, signal)) < (await virtualSize(original, signal)) ? ["shorter than its source"] : []),
    ...(checked ? await ask("not clean", check) : []),
  ];
}

/** qemu-img takes a shorter disk for continued by zeros; a conversion must not. */
async function virtualSize({ kind, path }: Image, signal: AbortSignal): Promise<number> {
  const args = ["info", "--output", "json", "-f", KINDS[kind].peer.format, path];
  return Number(JSON.parse(await runPlain({ program: "qemu-img", args }, signal))["virtual-size"]);
}

/** The last line a command said, which is where it gives its reason. */
function errorText(thrown: unknown): string {
  const { stdout = "", stderr = "", message = "" } = thrown as { stdout?: string; stderr?: string; message?: string };
  return (stderr.trim() || stdout.trim() || message).split("\n").at(-1) ?? "";
}
