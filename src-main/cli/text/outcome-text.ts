/** What finished work came to, for people. */
import type { CheckResult, CompareResult } from "../../../src-core/model/task.ts";
import type { Outcome } from "../run-outcome.ts";
import { conversionText } from "./conversion-text.ts";
import { exportText } from "./export-text.ts";
import { durationText, exactSizeText } from "./size.ts";
import { pairs, plainText, table } from "./table.ts";

export function outcomeText(outcome: Outcome): string[] {
  if ("check" in outcome) return checkText(outcome.check);
  if ("compare" in outcome) return comparisonText(outcome.compare);
  if ("export" in outcome) return exportText(outcome.export);
  return conversionText(outcome);
}

function checkText({ report, durationMs }: CheckResult): string[] {
  const { errors, leaks, warnings, findings } = report;
  const verdict = errors > 0 ? "errors were found" : leaks > 0 ? "no errors, but leaked space" : "clean";
  const lines = [
    plainText(report.path),
    ...pairs([
      ["Format", report.format],
      ["Verdict", verdict],
      ["Errors", String(errors)],
      ["Leaks", String(leaks)],
      ["Warnings", String(warnings)],
      ["Checked", report.statement],
      ["Took", durationText(durationMs)],
    ]),
  ];
  if (findings.length === 0) return lines;
  const columns = [
    { title: "SEVERITY" },
    { title: "OFFSET", align: "right" },
    { title: "STRUCTURE" },
    { title: "FINDING" },
  ] as const;
  const rows = findings.map(({ severity, offsetBytes, structure, message }) => [
    severity,
    offsetBytes === null ? "" : String(offsetBytes),
    structure,
    message,
  ]);
  const more = errors + leaks + warnings - findings.length;
  return [...lines, "", ...table(columns, rows), ...(more > 0 ? [`… and ${more} more`] : [])];
}

function comparisonText(compare: CompareResult): string[] {
  const rows: [string, string][] = [
    ["Compared", exactSizeText(compare.comparedBytes)],
    ["Established", compare.statement],
    ["Sizes", `${exactSizeText(compare.aVirtualSizeBytes)}, ${exactSizeText(compare.bVirtualSizeBytes)}`],
    ["Took", durationText(compare.durationMs)],
  ];
  return [compare.equal ? "The disks are equal." : "The disks differ.", ...pairs(rows)];
}
