/** Libraries, for people. */
import type { Library } from "../../../src-core/model/library.ts";
import { table } from "./table.ts";

export function librariesText(libraries: readonly Library[]): string[] {
  if (libraries.length === 0) return ["No libraries. Add one with: hypersdk libraries add DIR"];
  const columns = [
    { title: "SCAN" },
    { title: "MACHINES", align: "right" },
    { title: "DISKS", align: "right" },
    { title: "PATH" },
  ] as const;
  const rows = libraries.map(({ scan, machineCount, diskCount, path }) => [
    scan.error === null ? scan.state : `${scan.state}: ${scan.error.message}`,
    String(machineCount),
    String(diskCount),
    path,
  ]);
  return table(columns, rows);
}
