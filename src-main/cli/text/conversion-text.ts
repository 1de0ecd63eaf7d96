/** What a finished conversion came to, for people. */
import type { ConversionOutcome } from "../run-outcome.ts";
import { durationText, exactSizeText, rateText, sizeText } from "./size.ts";
import { pairs } from "./table.ts";

export function conversionText(outcome: ConversionOutcome): string[] {
  const { convert, verify } = outcome;
  const rate = rateText((convert.virtualSizeBytes / Math.max(1, convert.durationMs)) * 1000);
  const rows: [string, string][] = [
    ["Virtual size", exactSizeText(convert.virtualSizeBytes)],
    ["File size", exactSizeText(convert.fileSizeBytes)],
    ["Stored", `${sizeText(convert.writtenBytes)} of guest data`],
    ["Converted in", `${durationText(convert.durationMs)} (${rate} of virtual disk)`],
  ];
  if (convert.resumedFromBytes !== null) rows.push(["Resumed at", exactSizeText(convert.resumedFromBytes)]);
  if (verify === null) rows.push(["Verified", "no"]);
  else {
    rows.push(["Verified", `${verify.statement} (${durationText(verify.durationMs)})`]);
    if (verify.sha256 !== null) rows.push(["SHA-256", verify.sha256]);
    if (verify.manifestPath !== null) rows.push(["Manifest", verify.manifestPath]);
  }
  return [convert.targetPath, ...pairs(rows)];
}
