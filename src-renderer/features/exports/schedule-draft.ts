/** An export that was set up by hand, as the beginning of a schedule that does it by itself. Pure. */
import type { ScheduleDefinition } from "../../../src-core/model/schedule.ts";
import type { ScheduledWork } from "../../../src-core/model/scheduled-work.ts";
import type { ExportForm, exportDraft } from "../../app/export-form.ts";
import { joinPath } from "../../format/path.ts";

/** Unless files are to be replaced, each run has a folder of its day: a second run would find the first one's files. */
export function scheduleDraft(form: ExportForm, order: ReturnType<typeof exportDraft>): Partial<ScheduleDefinition> {
  const { machines, ...options } = order;
  const folder = options.overwrite ? options.folder : joinPath(options.folder, "{date}");
  const given = { ...options, folder };
  const [machine, ...others] = machines;
  if (machine === undefined) return {};
  const name = form.machines[0]?.subject.name ?? machine.machineId;
  if (others.length === 0) {
    return {
      name: `Export of ${name}`.slice(0, 100),
      work: { kind: "job", request: { kind: "export", ...given, ...machine } },
    };
  }
  const work: ScheduledWork = {
    kind: "export-selection",
    rule: {
      sourceIds: [...new Set(machines.map(({ sourceId }) => sourceId))],
      onlyIds: machines.map(({ machineId }) => machineId),
      tags: [],
      folders: [],
      datastores: [],
      power: [],
      families: [],
      nameContains: [],
      exceptIds: [],
      exceptTags: [],
      atMost: 1_000,
    },
    options: given,
  };
  return { name: `Export of ${name} and ${others.length} more`.slice(0, 100), work };
}
