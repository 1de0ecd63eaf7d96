/** Fills the form from something real: a machine of a source, a schedule, a machine or disk of the library. */
import { useQueries, useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useId, useMemo, useState } from "react";
import { api, client } from "../../app/api-client.ts";
import { toErrorData } from "../../app/error-data.ts";
import { useLibraryItems } from "../../app/queries.ts";
import { sourcesQuery } from "../../app/source-queries.ts";
import { announce } from "../../components/announcer.tsx";
import { IconButton } from "../../components/button.tsx";
import { CONTROL } from "../../components/field.tsx";
import { matchesAll, searchWords } from "../../format/matches.ts";
import { useCostPlan } from "../../ui-state/cost-plan.ts";
import { startOfSchedule } from "./schedule-start.ts";
import { fromDisk, fromLibraryMachine, fromMachine, type StartFields } from "./start-from.ts";

/** Most that are offered at once. */
const SHOWN = 8;
/** Of each source. */
const MACHINES = 1000;

interface Start {
  key: string;
  name: string;
  where: string;
  fields: () => StartFields | null | Promise<StartFields | null>;
}

export function StartPicker() {
  const id = useId();
  const [text, setText] = useState("");
  const [marked, setMarked] = useState(0);
  const change = useCostPlan((state) => state.change);
  const name = useCostPlan((state) => state.form.name);
  const starts = useStarts();
  const words = searchWords(text);
  const found =
    words.length === 0
      ? []
      : starts.filter((start) => matchesAll(`${start.name} ${start.where}`.toLowerCase(), words)).slice(0, SHOWN);
  const [refused, setRefused] = useState<string | null>(null);
  const take = async (start: Start) => {
    setText("");
    setMarked(0);
    try {
      const fields = await start.fields();
      setRefused(fields === null ? `Nothing is known about the size of ${start.name}.` : null);
      if (fields === null) return;
      change(fields);
      announce(`Plan filled from ${start.name}`);
    } catch (thrown) {
      setRefused(toErrorData(thrown).message);
    }
  };
  return (
    <div className="relative grid gap-1">
      <label htmlFor={id} className="text-xs font-medium text-ink-2">
        Start from a machine, a disk or a schedule
      </label>
      <div className="flex items-center gap-1">
        <input
          id={id}
          role="combobox"
          aria-expanded={found.length > 0}
          aria-controls={`${id}-list`}
          aria-activedescendant={found.length > 0 ? `${id}-${marked}` : undefined}
          aria-autocomplete="list"
          autoComplete="off"
          spellCheck={false}
          value={text}
          placeholder={starts.length === 0 ? "None is known yet" : "Type a part of its name"}
          className={CONTROL}
          onChange={(event) => {
            setText(event.target.value);
            setMarked(0);
            setRefused(null);
          }}
          onKeyDown={(event) => {
            const start = found[marked];
            if (event.key === "ArrowDown") setMarked(Math.min(found.length - 1, marked + 1));
            else if (event.key === "ArrowUp") setMarked(Math.max(0, marked - 1));
            else if (event.key === "Enter" && start !== undefined) void take(start);
            else if (event.key === "Escape" && text !== "") setText("");
            else return;
            event.preventDefault();
          }}
        />
        {name === "" ? null : (
          <IconButton label={`Forget ${name}`} onClick={() => change({ name: "", diskPath: "", assumed: [] })}>
            <X aria-hidden />
          </IconButton>
        )}
      </div>
      {refused === null ? null : (
        <p role="alert" className="text-xs text-bad">
          {refused}
        </p>
      )}
      <div
        id={`${id}-list`}
        role="listbox"
        aria-label="Machines, disks and schedules"
        hidden={found.length === 0}
        className="absolute inset-x-0 top-full z-20 mt-1 grid grid-cols-[minmax(0,1fr)] rounded-md border border-line bg-raised p-1 shadow-lift"
      >
        {found.map((start, at) => (
          <div
            key={start.key}
            id={`${id}-${at}`}
            role="option"
            tabIndex={-1}
            aria-selected={at === marked}
            onMouseEnter={() => setMarked(at)}
            onMouseDown={(event) => {
              event.preventDefault();
              void take(start);
            }}
            className="flex items-baseline gap-2 rounded px-2 py-1.5 text-sm aria-selected:bg-accent-soft"
          >
            <span className="truncate">{start.name}</span>
            <span className="ml-auto shrink-0 pl-2 text-2xs text-ink-2">{start.where}</span>
          </div>
        ))}
      </div>
      {text !== "" && found.length === 0 && words.length > 0 ? (
        <p role="status" className="text-xs text-ink-3">
          No machine, disk or schedule is called that.
        </p>
      ) : null}
    </div>
  );
}

/** Outside of the component: the same function each time keeps the answer the same object. */
const answersOf = <T,>(results: readonly { data: T | undefined }[]) => results.map(({ data }) => data);

/** Everything that a plan can start from. */
function useStarts(): Start[] {
  const { items } = useLibraryItems();
  const sources = useQuery(sourcesQuery).data;
  const pages = useQueries({
    queries: (sources ?? []).map(({ id }) =>
      api.inventory.machines.queryOptions({ input: { sourceId: id, limit: MACHINES } }),
    ),
    combine: answersOf,
  });
  const schedules = useQuery({ ...api.schedules.list.queryOptions(), staleTime: 0 }).data;
  return useMemo(
    () => [
      ...items
        .filter(({ kind }) => kind !== "disk")
        .map((item) => ({
          key: item.id,
          name: item.name,
          where: "machine in the library",
          fields: () => fromLibraryMachine(item),
        })),
      ...pages.flatMap((page, at) =>
        (page?.items ?? []).map((machine) => ({
          key: `${machine.sourceId} ${machine.id}`,
          name: machine.name,
          where: sources?.[at]?.name ?? "",
          fields: () => fromMachine(machine),
        })),
      ),
      ...(schedules ?? []).map(({ id, name }) => ({
        key: `schedule ${id}`,
        name,
        where: "schedule",
        fields: async () => {
          const machines = pages.flatMap((page) => page?.items ?? []);
          return startOfSchedule(await client.schedules.get({ id }), machines, items);
        },
      })),
      ...items.flatMap(({ disks }) =>
        disks.map(({ path, name }) => ({
          key: path,
          name,
          where: "disk in the library",
          fields: () => fromDisk(path, items),
        })),
      ),
    ],
    [items, sources, pages, schedules],
  );
}
