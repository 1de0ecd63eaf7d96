/** What a schedule does, in one sentence. */
import type { ExportOptions } from "../model/export.ts";
import type { MachineRule, ScheduledWork } from "../model/scheduled-work.ts";

/** @param sourceName what a source is called; its id where nobody knows */
export function workText(work: ScheduledWork, sourceName: (id: string) => string = (id) => id): string {
  if (work.kind === "export-selection") {
    return `Exports ${selectionText(work.rule, sourceName)} ${outputText(work.options)}.`;
  }
  const { request } = work;
  switch (request.kind) {
    case "convert": {
      const targets = request.targets.map(({ path, format }) => `${path} (${format})`);
      const more = targets.length > 3 ? ` and ${targets.length - 3} more` : "";
      return `Converts ${request.sourcePath} to ${targets.slice(0, 3).join(", ")}${more}.`;
    }
    case "export":
      return `Exports ${request.name ?? request.machineId} of ${sourceName(request.sourceId)} ${outputText(request)}.`;
    case "check":
      return `Checks ${request.path}.`;
    case "compare":
      return `Compares ${request.aPath} with ${request.bPath}.`;
  }
}

function outputText({ output, folder }: Pick<ExportOptions, "output" | "folder">): string {
  const what = output.kind === "disks" ? `${output.format} disks` : output.kind.toUpperCase();
  return `as ${what} to ${folder}`;
}

/** "all running Linux machines tagged gold of vcenter1, without those tagged test" */
function selectionText(rule: MachineRule, sourceName: (id: string) => string): string {
  const POWER = { on: "running", off: "switched-off", suspended: "suspended", unknown: "" };
  const FAMILY = { linux: "Linux", windows: "Windows", other: "other", unknown: "unknown" };
  const words = [
    "all",
    or(rule.power.map((power) => POWER[power]).filter((word) => word !== "")),
    or(rule.families.map((family) => FAMILY[family])),
    "machines",
    rule.nameContains.length === 0 ? "" : `with ${or(rule.nameContains.map((part) => `"${part}"`))} in their name`,
    rule.tags.length === 0 ? "" : `tagged ${or(rule.tags)}`,
    rule.folders.length === 0 ? "" : `in ${or(rule.folders)}`,
    rule.datastores.length === 0 ? "" : `on ${or(rule.datastores)}`,
    `of ${listed(rule.sourceIds.map(sourceName), "and")}`,
  ];
  const except = [
    rule.exceptTags.length === 0 ? "" : `those tagged ${or(rule.exceptTags)}`,
    rule.exceptIds.length === 0 ? "" : `${rule.exceptIds.length} named ${rule.exceptIds.length === 1 ? "one" : "ones"}`,
  ].filter((part) => part !== "");
  const text = words.filter((word) => word !== "").join(" ");
  return except.length === 0 ? text : `${text}, without ${except.join(" and ")},`;
}

function or(words: readonly string[]): string {
  return listed(words, "or");
}

/** "a, b or c"; of many the first few. */
function listed(words: readonly string[], joint: string): string {
  const shown = words.length > 5 ? [...words.slice(0, 4), `${words.length - 4} more`] : words;
  const last = shown.at(-1) ?? "";
  return shown.length < 2 ? last : `${shown.slice(0, -1).join(", ")} ${joint} ${last}`;
}
