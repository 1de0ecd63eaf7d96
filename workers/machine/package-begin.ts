/** How both kinds of package begin: from their plan, or from what an earlier attempt says it has done. */
import { AppError } from "../../src-core/model/error.ts";
import { type PackageFileNames, packageFileNames } from "../../src-core/model/package-names.ts";
import { DIGEST_DIGITS } from "./package-manifest.ts";
import { assertPlan, type PackagedDisk, type PackagePlace, type PackagePlan } from "./package-writer.ts";

export interface Begun {
  readonly names: PackageFileNames;
  readonly startedAtMs: number;
  readonly madeFolder: boolean;
  readonly finished: readonly PackagedDisk[];
}

/** @throws AppError state.conflict when the state is of another package; internal.bug for a plan that is none */
export async function begin(
  kind: "ova" | "ovf",
  plan: PackagePlan,
  { path, startedAtMs }: PackagePlace,
  resume: Record<string, unknown> | null,
): Promise<Begun> {
  assertPlan(plan);
  const names = packageFileNames(plan.name, plan.disks.length);
  if (resume === null) return { names, startedAtMs, madeFolder: false, finished: [] };
  const { PackageState } = await import("./package-state.ts");
  const parsed = PackageState.safeParse(resume);
  if (!parsed.success) {
    throw new AppError("state.conflict", `the checkpoint for ${path} cannot be used`, { cause: parsed.error });
  }
  const { digest } = parsed.data;
  const finished = parsed.data.finished.map((disk) => ({ ...disk, manifestSum: disk.manifestSum ?? disk.sha256 }));
  const fits = finished.every(({ key, fileName, manifestSum }, position) => {
    const index = plan.disks.findIndex((disk) => disk.key === key);
    // An archive holds them in the plan's order.
    const inPlace = index >= 0 && names.disks[index] === fileName && (kind === "ovf" || index === position);
    return inPlace && manifestSum.length === DIGEST_DIGITS[digest];
  });
  // Another digest would be sums that nobody made, and in an archive another length of the front.
  const same = parsed.data.kind === kind && digest === plan.digest;
  if (!same || !fits || new Set(finished.map(({ key }) => key)).size < finished.length) {
    throw new AppError("state.conflict", `the checkpoint for ${path} belongs to another package`);
  }
  return { names, startedAtMs: parsed.data.startedAtMs, madeFolder: parsed.data.madeFolder, finished };
}
