import { ChevronRight, CircleAlert, CircleCheck, CircleDashed, OctagonX, X } from "lucide-react";
import type { ReactNode } from "react";
import type { ExportProblem, PlannedExport } from "../../../src-core/contract/exports.ts";
import { type MachineForm, machineKey } from "../../app/export-form.ts";
import { Button, IconButton } from "../../components/button.tsx";
import { TextInput } from "../../components/field.tsx";
import { ProblemList } from "../../components/problem-list.tsx";
import { formatBytes, formatCount } from "../../format/bytes.ts";
import { plural } from "../../format/plural.ts";

interface ManyMachinesProps {
  machines: readonly MachineForm[];
  /** By machineKey; a machine that the program has not told of yet is not in it. */
  planned: ReadonlyMap<string, PlannedExport>;
  /** What can be done about a problem here and now. */
  fix: (problem: ExportProblem) => ReactNode;
  onChange: (key: string, part: Partial<MachineForm>) => void;
  onLeaveOut: (keys: ReadonlySet<string>) => void;
}

/** The machines of a selection: what becomes of each, and a way to leave out those that cannot be exported. */
export function ManyMachines({ machines, planned, fix, onChange, onLeaveOut }: ManyMachinesProps) {
  const stuck = machines
    .map(({ subject }) => machineKey(subject))
    .filter((key) => planned.get(key)?.problems.some(({ severity }) => severity === "error"));
  return (
    <section aria-label="Machines">
      <div className="mb-1 flex min-h-7 items-center gap-3">
        <h3 className="text-xs font-medium text-ink-2">{plural(machines.length, "machine")}</h3>
        {stuck.length > 0 && stuck.length < machines.length ? (
          <Button size="small" onClick={() => onLeaveOut(new Set(stuck))}>
            Leave out the {stuck.length === 1 ? "one" : formatCount(stuck.length)} that cannot be exported
          </Button>
        ) : null}
        <span aria-hidden className="mr-[3.1rem] ml-auto w-44 text-xs font-medium text-ink-2">
          Called
        </span>
      </div>
      <ul className="max-h-72 divide-y divide-line overflow-y-auto rounded-md border border-line bg-raised">
        {machines.map((machine) => {
          const key = machineKey(machine.subject);
          return (
            <MachineRow
              key={key}
              machine={machine}
              planned={planned.get(key)}
              last={machines.length === 1}
              fix={fix}
              onChange={(part) => onChange(key, part)}
              onLeaveOut={() => onLeaveOut(new Set([key]))}
            />
          );
        })}
      </ul>
    </section>
  );
}

function MachineRow(props: {
  machine: MachineForm;
  planned: PlannedExport | undefined;
  last: boolean;
  fix: ManyMachinesProps["fix"];
  onChange: (part: Partial<MachineForm>) => void;
  onLeaveOut: () => void;
}) {
  const { machine, planned, last, fix, onChange, onLeaveOut } = props;
  const { name } = machine.subject;
  return (
    <li className="grid gap-1.5 px-3 py-1.5">
      <div className="flex items-center gap-2.5">
        <Verdict planned={planned} />
        <span className="min-w-0 flex-1 truncate font-medium" title={name}>
          {name}
        </span>
        <span className="shrink-0 text-xs text-ink-2">{planned === undefined ? "" : sizeWords(planned)}</span>
        <TextInput
          aria-label={`Name of what is made of ${name}`}
          className="h-7 w-44 shrink-0 font-mono text-xs"
          maxLength={100}
          placeholder={planned?.name ?? name}
          value={machine.name}
          onChange={(event) => onChange({ name: event.target.value })}
        />
        <IconButton label={`Leave out ${name}`} disabled={last} onClick={onLeaveOut}>
          <X aria-hidden />
        </IconButton>
      </div>
      {planned === undefined ? null : <RowProblems name={name} problems={planned.problems} fix={fix} />}
    </li>
  );
}

/** Errors at once, for nothing starts before they are mended; warnings, of which fifty machines may have fifty, on request. */
function RowProblems(props: { name: string; problems: readonly ExportProblem[]; fix: ManyMachinesProps["fix"] }) {
  const { name, problems, fix } = props;
  const of = (severity: ExportProblem["severity"]) =>
    problems.filter((one) => one.severity === severity).map((one) => ({ ...one, action: fix(one) }));
  const warnings = of("warning");
  return (
    <>
      <ProblemList label={`Errors of ${name}`} problems={of("error")} />
      {warnings.length === 0 ? null : (
        <details className="group -mt-1">
          <summary className="ml-[1.6rem] flex w-fit items-center gap-1 text-xs text-ink-2 hover:text-ink">
            {plural(warnings.length, "warning")}
            <ChevronRight aria-hidden className="size-3.5 transition-transform group-open:rotate-90" />
          </summary>
          <div className="mt-1.5">
            <ProblemList label={`Warnings of ${name}`} problems={warnings} />
          </div>
        </details>
      )}
    </>
  );
}

function Verdict({ planned }: { planned: PlannedExport | undefined }) {
  const common = "size-4 shrink-0";
  if (planned === undefined)
    return <CircleDashed role="img" aria-label="Being checked" className={`${common} text-ink-3`} />;
  const worst = planned.problems.some(({ severity }) => severity === "error")
    ? "error"
    : planned.problems.length > 0
      ? "warning"
      : "none";
  if (worst === "error")
    return <OctagonX role="img" aria-label="Cannot be exported" className={`${common} text-bad`} />;
  if (worst === "warning")
    return <CircleAlert role="img" aria-label="With warnings" className={`${common} text-warn`} />;
  return <CircleCheck role="img" aria-label="Can be exported" className={`${common} text-ok`} />;
}

function sizeWords({ disks, estimate }: PlannedExport): string {
  const wanted = disks.filter((disk) => disk.wanted).length;
  if (wanted === 0) return "";
  const count = wanted === disks.length ? String(wanted) : `${wanted} of ${disks.length}`;
  const noun = disks.length === 1 ? "disk" : "disks";
  return `${count} ${noun}, about ${formatBytes(estimate.likelyBytes)}`;
}
