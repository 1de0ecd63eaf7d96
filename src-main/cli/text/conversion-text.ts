/** What a finished conversion came to, for people. */
import type { VerifyResult } from "../../../src-core/model/task.ts";
import type { ConversionOutcome } from "../run-outcome.ts";
import { durationText, exactSizeText, rateText, sizeText } from "./size.ts";
import { pairs, plainText } from "./table.ts";

/** One block a target. */
export function conversionText({ convert, verify }: ConversionOutcome): string[] {
  const rate = rateText((convert.virtualSizeBytes / Math.max(1, convert.durationMs)) * 1000);
  return convert.outputs.flatMap((output, index) => {
    const rows: [string, string][] = [
      ["Format", [...new Set([output.format, output.subformat])].join(", ")],
      ["Virtual size", exactSizeText(output.virtualSizeBytes)],
      ["File size", exactSizeText(output.fileSizeBytes)],
      ...output.companions.map((path): [string, string] => ["With", path]),
      ["Stored", `${sizeText(output.writtenBytes)} of guest data`],
      ["Converted in", `${durationText(convert.durationMs)} (${rate} of virtual disk)`],
    ];
    if (convert.resumedFromBytes !== null) rows.push(["Resumed at", exactSizeText(convert.resumedFromBytes)]);
    rows.push(...verifiedRows(verify[index]));
    return [...(index === 0 ? [] : [""]), plainText(output.path), ...pairs(rows)];
  });
}

function verifiedRows(verify: VerifyResult | undefined): [string, string][] {
  if (verify === undefined) return [["Verified", "no"]];
  return [
    ["Verified", `${verify.statement} (${durationText(verify.durationMs)})`],
    ...(verify.sha256 === null ? [] : ([["SHA-256", verify.sha256]] as [string, string][])),
    ...(verify.manifestPath === null ? [] : ([["Manifest", verify.manifestPath]] as [string, string][])),
  ];
}
