/** What the checks of images of blocks share: damage as a finding, and a walk over the entries of a table. */
import type { CheckFinding } from "../../../src-core/model/disk.ts";
import { AppError } from "../../../src-core/model/error.ts";
import { type Claim, findClaimTrouble } from "./claims.ts";

export function finding(
  severity: CheckFinding["severity"],
  structure: string,
  offsetBytes: number | null,
  message: string,
): CheckFinding {
  return { severity, structure, offsetBytes, message };
}

/** Damage that stops a walk. @throws `error` itself when it is not about the image */
export function findingOf(error: unknown): CheckFinding {
  if (!(error instanceof AppError) || !error.code.startsWith("disk.")) throw error;
  const { structure, offset } = error.details ?? {};
  return finding("error", typeof structure === "string" ? structure : "image", placeOf(offset), error.message);
}

/** Where an error says it was: a damaged header may name places that no file has. */
function placeOf(offset: unknown): number | null {
  return typeof offset === "number" && Number.isSafeInteger(offset) && offset >= 0 ? offset : null;
}

/** A structure's range in the file, and how a person calls it. */
export interface NamedClaim extends Claim {
  /** By the specification's name. */
  readonly structure: string;
  /** Where the file says so: an entry of a table; null for what has a fixed place. */
  readonly saidAtBytes: number | null;
}

/**
 * Errors for what overlaps, leaks for ranges of at least `leakBytes` that belong to nothing: smaller ones are padding, which
 * programs leave to align blocks.
 */
export async function* claimFindings(
  file: { readonly sizeBytes: number; readonly unitBytes: number; readonly leakBytes: number },
  walk: () => AsyncIterable<readonly NamedClaim[]>,
): AsyncIterable<CheckFinding> {
  for await (const trouble of findClaimTrouble(file, walk)) {
    const { start, length } = trouble;
    if (trouble.kind === "overlap") {
      const { structure, saidAtBytes } = trouble.claim;
      const words = `${structure} overlaps another structure in ${length} bytes at offset ${start}`;
      yield finding("error", structure, saidAtBytes ?? trouble.claim.start, words);
    } else if (length >= file.leakBytes) {
      yield finding("leak", "file", start, `${length} bytes at offset ${start} belong to no structure`);
    }
  }
}
