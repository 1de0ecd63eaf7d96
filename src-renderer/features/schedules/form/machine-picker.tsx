import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useMemo, useState } from "react";
import type { MachineForm } from "../../../app/export-form.ts";
import { machineKey } from "../../../app/export-form.ts";
import { sourcesQuery, useMachines } from "../../../app/source-queries.ts";
import { IconButton } from "../../../components/button.tsx";
import { Field, TextInput } from "../../../components/field.tsx";
import { Select } from "../../../components/select.tsx";
import { formatCount } from "../../../format/bytes.ts";
import { matchesAll, searchWords } from "../../../format/matches.ts";
import { plural } from "../../../format/plural.ts";
import { NoSources } from "./no-sources.tsx";

/** Machines drawn at once; the search finds the others. */
const SHOWN = 100;

/** Machines chosen by hand, of one source: a schedule's rule names them by their ids. */
export function MachinePicker(props: {
  machines: readonly MachineForm[];
  error: string | undefined;
  onChange: (machines: MachineForm[]) => void;
}) {
  const { machines, error, onChange } = props;
  const sources = useQuery(sourcesQuery).data ?? [];
  const [chosenSource, setChosenSource] = useState<string | null>(null);
  const sourceId = machines[0]?.subject.sourceId ?? chosenSource ?? sources[0]?.id ?? "";
  if (sources.length === 0) {
    return <NoSources />;
  }
  return (
    <div className="grid gap-2">
      <Field label="Source" className="w-60">
        {(ids) => (
          <Select
            {...ids}
            value={sourceId}
            onValueChange={(id) => {
              setChosenSource(id);
              onChange([]);
            }}
            options={sources.map(({ id, name }) => ({ value: id, label: name }))}
          />
        )}
      </Field>
      <MachineList key={sourceId} sourceId={sourceId} machines={machines} onChange={onChange} />
      {error === undefined ? null : (
        <p role="alert" className="text-xs text-bad">
          {error}
        </p>
      )}
    </div>
  );
}

function MachineList(props: {
  sourceId: string;
  machines: readonly MachineForm[];
  onChange: (machines: MachineForm[]) => void;
}) {
  const { sourceId, machines, onChange } = props;
  const { machines: all, pending } = useMachines(sourceId);
  const [search, setSearch] = useState("");
  const found = useMemo(() => {
    const words = searchWords(search);
    return all.filter(({ name, path }) => matchesAll(`${name}\n${path}`.toLowerCase(), words));
  }, [all, search]);
  const picked = new Set(machines.map(({ subject }) => subject.machineId));
  const names = new Map(all.map(({ id, name }) => [id, name]));
  const flip = (machineId: string, name: string) =>
    onChange(
      picked.has(machineId)
        ? machines.filter(({ subject }) => subject.machineId !== machineId)
        : [...machines, { subject: { sourceId, machineId, name }, name: "", diskKeys: null }],
    );
  return (
    <fieldset className="rounded-md border border-line">
      <legend className="sr-only">Machines</legend>
      <div className="flex items-center gap-2 border-b border-line px-2 py-1.5">
        <TextInput
          aria-label="Search machines"
          placeholder="Search name or path"
          className="h-7 w-60"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        <span aria-live="polite" className="text-xs text-ink-2">
          {plural(machines.length, "machine")} chosen
        </span>
      </div>
      {machines.length === 0 ? null : (
        <ul aria-label="Chosen machines" className="flex flex-wrap gap-1 border-b border-line px-2 py-1.5">
          {machines.slice(0, SHOWN).map(({ subject }) => (
            <li
              key={machineKey(subject)}
              className="inline-flex h-6 items-center rounded border border-accent/40 bg-accent-soft pl-2 text-xs text-accent"
            >
              {names.get(subject.machineId) ?? subject.name}
              <IconButton
                label={`Leave out ${names.get(subject.machineId) ?? subject.name}`}
                className="size-5"
                onClick={() => flip(subject.machineId, subject.name)}
              >
                <X aria-hidden />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
      <ul aria-label="Machines of the source" className="max-h-44 overflow-y-auto py-1">
        {found.slice(0, SHOWN).map(({ id, name, path }) => (
          <li key={id}>
            <label className="flex h-7 items-center gap-2 px-2 hover:bg-raised">
              <input
                type="checkbox"
                className="size-3.5 accent-accent"
                checked={picked.has(id)}
                onChange={() => flip(id, name)}
              />
              <span className="truncate">{name}</span>
              <span className="ml-auto truncate pl-4 text-xs text-ink-3">{path}</span>
            </label>
          </li>
        ))}
        {found.length > SHOWN ? (
          <li className="px-2 py-1 text-xs text-ink-3">
            and {formatCount(found.length - SHOWN)} more: search for them
          </li>
        ) : null}
        {found.length === 0 ? (
          <li className="px-2 py-1 text-xs text-ink-2">{pending ? "Reading the machines…" : "None is called so."}</li>
        ) : null}
      </ul>
    </fieldset>
  );
}
