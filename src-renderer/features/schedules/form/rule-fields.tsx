import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import type { MachineRow } from "../../../../src-core/model/machine-view.ts";
import type { MachineRule } from "../../../../src-core/model/scheduled-work.ts";
import { isMeant } from "../../../../src-core/schedule/selection.ts";
import { sourcesQuery, useMachines } from "../../../app/source-queries.ts";
import { NumberField } from "../../../components/number-field.tsx";
import { PickButtons } from "../../../components/pick-buttons.tsx";
import { WordListField } from "../../../components/word-list-field.tsx";
import { formatCount } from "../../../format/bytes.ts";
import type { SectionProblems } from "./field-problems.ts";
import { NoSources } from "./no-sources.tsx";

const POWER = [
  { value: "on", label: "On" },
  { value: "off", label: "Off" },
  { value: "suspended", label: "Suspended" },
] as const;
const FAMILIES = [
  { value: "linux", label: "Linux" },
  { value: "windows", label: "Windows" },
  { value: "other", label: "Other" },
] as const;
/** Names of machines shown as examples. */
const NAMED = 6;
const NO_MACHINES: readonly MachineRow[] = [];

/** Which machines a rule means; what it would find now is shown under it. */
export function RuleFields(props: {
  rule: MachineRule;
  problems: SectionProblems;
  onChange: (part: Partial<MachineRule>) => void;
}) {
  const { rule, problems, onChange } = props;
  const sources = useQuery(sourcesQuery).data ?? [];
  const [bySource, setBySource] = useState<ReadonlyMap<string, readonly MachineRow[]>>(new Map());
  const machines = useMemo(
    () => rule.sourceIds.flatMap((id) => (bySource.get(id) ?? NO_MACHINES).map((machine) => ({ id, machine }))),
    [bySource, rule.sourceIds],
  );
  const meant = useMemo(() => machines.filter(({ id, machine }) => isMeant(rule, id, machine)), [machines, rule]);
  const known = (of: (machine: MachineRow) => readonly string[]) =>
    [...new Set(machines.flatMap(({ machine }) => of(machine)))].toSorted();
  if (sources.length === 0) {
    return <NoSources />;
  }
  return (
    <div className="grid gap-3">
      <PickButtons
        label="Sources"
        options={sources.map(({ id, name }) => ({ value: id, label: name }))}
        picked={rule.sourceIds}
        onChange={(sourceIds) => onChange({ sourceIds })}
        error={problems.at("work.rule.sourceIds")}
      />
      <div className="grid items-start gap-3 sm:grid-cols-2">
        <WordListField
          label="Tagged"
          hint="One of these is enough."
          words={rule.tags}
          known={known(({ tags }) => tags)}
          onChange={(tags) => onChange({ tags })}
        />
        <WordListField
          label="In folders"
          hint="What lies below counts too."
          words={rule.folders}
          known={known(({ path }) => (path.includes("/") ? [path.slice(0, path.lastIndexOf("/"))] : []))}
          onChange={(folders) => onChange({ folders })}
        />
        <WordListField
          label="Whose name holds"
          words={rule.nameContains}
          onChange={(nameContains) => onChange({ nameContains })}
        />
        <WordListField
          label="On datastores"
          words={rule.datastores}
          known={known(({ datastores }) => datastores)}
          onChange={(datastores) => onChange({ datastores })}
        />
        <PickButtons label="Power" options={POWER} picked={rule.power} onChange={(power) => onChange({ power })} />
        <PickButtons
          label="Guest"
          options={FAMILIES}
          picked={rule.families}
          onChange={(families) => onChange({ families })}
        />
        <WordListField
          label="But not those tagged"
          words={rule.exceptTags}
          known={known(({ tags }) => tags)}
          onChange={(exceptTags) => onChange({ exceptTags })}
        />
        <NumberField
          label="At most, machines"
          hint="More than so many are refused, not cut."
          value={rule.atMost}
          usual={1000}
          min={1}
          max={10_000}
          onChange={(atMost) => onChange({ atMost })}
        />
      </div>
      {rule.sourceIds.map((id) => (
        <SourceMachines
          key={id}
          sourceId={id}
          onMachines={(found) => setBySource((before) => new Map(before).set(id, found))}
        />
      ))}
      {rule.sourceIds.length === 0 ? null : (
        <p aria-live="polite" className="rounded-md bg-sunken px-3 py-2 text-xs">
          <span className="font-medium">
            {formatCount(meant.length)} of {formatCount(machines.length)} machines are meant now
          </span>
          <span className="text-ink-2">
            {meant.length === 0
              ? ". It is asked anew at each run."
              : `: ${meant
                  .slice(0, NAMED)
                  .map(({ machine }) => machine.name)
                  .join(", ")}${meant.length > NAMED ? " …" : ""}. It is asked anew at each run.`}
          </span>
        </p>
      )}
    </div>
  );
}

/** Reads the machines of one source and hands them up. */
function SourceMachines(props: { sourceId: string; onMachines: (machines: readonly MachineRow[]) => void }) {
  const { sourceId, onMachines } = props;
  const { machines } = useMachines(sourceId);
  // biome-ignore lint/correctness/useExhaustiveDependencies: told of when the machines change, not when the teller does
  useEffect(() => onMachines(machines), [machines]);
  return null;
}
