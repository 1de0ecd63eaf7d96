import { Plus, X } from "lucide-react";
import type { Dependency, Join } from "../../../../src-core/model/dependency.ts";
import { MAX_PARENTS } from "../../../../src-core/model/schedule-limits.ts";
import { useSchedules } from "../../../app/schedule-queries.ts";
import { Button, IconButton } from "../../../components/button.tsx";
import { DurationField } from "../../../components/duration-field.tsx";
import { Field } from "../../../components/field.tsx";
import { Select } from "../../../components/select.tsx";
import { Checkbox } from "../../../components/toggle.tsx";
import { plural } from "../../../format/plural.ts";
import type { SectionProblems } from "./field-problems.ts";
import { placesOf } from "./places.ts";
import { RestProblems } from "./section.tsx";

const ON: readonly { value: Dependency["on"]; label: string }[] = [
  { value: "success", label: "has succeeded" },
  { value: "failure", label: "has failed" },
  { value: "warning", label: "ended with warnings" },
  { value: "either", label: "has ended, either way" },
];
const RUN: readonly { value: Dependency["run"]; label: string }[] = [
  { value: "firing", label: "each time it runs" },
  { value: "today", label: "its run of the same day" },
];
const JOIN: readonly { value: Join; label: string }[] = [
  { value: "all", label: "All of them must agree" },
  { value: "any", label: "One of them is enough" },
];

export function afterWords(dependencies: readonly Dependency[]): string {
  return dependencies.length === 0 ? "nothing" : `after ${plural(dependencies.length, "other schedule")}`;
}

/** What it comes after. The graph draws the same. */
export function AfterFields(props: {
  ownId: string | null;
  dependencies: readonly Dependency[];
  join: Join;
  /** Names along a circle of dependencies. */
  cycle: readonly string[] | null;
  problems: SectionProblems;
  onChange: (part: { dependencies?: Dependency[]; join?: Join }) => void;
}) {
  const { ownId, dependencies, join, cycle, problems, onChange } = props;
  const others = useSchedules()
    .filter(({ id }) => id !== ownId)
    .map(({ id, name }) => ({ value: id, label: name }))
    .toSorted((a, b) => a.label.localeCompare(b.label));
  const set = (place: number, part: Partial<Dependency>) =>
    onChange({ dependencies: dependencies.map((one, index) => (index === place ? { ...one, ...part } : one)) });
  const free = others.find(({ value }) => !dependencies.some(({ parentId }) => parentId === value));
  return (
    <>
      {others.length === 0 ? <p className="text-ink-2">There is no other schedule yet to come after.</p> : null}
      {placesOf(dependencies).map((place) => {
        const dependency = dependencies[place];
        if (dependency === undefined) return null;
        const error = problems.at(`dependencies.${place}.parentId`);
        const known = others.some(({ value }) => value === dependency.parentId);
        return (
          <fieldset key={place} className="grid gap-2 rounded-md border border-line px-3 pt-1.5 pb-2.5">
            <legend className="sr-only">After schedule {place + 1}</legend>
            <div className="flex flex-wrap items-end gap-2">
              <Field label="After" className="w-52" error={error}>
                {(ids) => (
                  <Select
                    {...ids}
                    value={dependency.parentId}
                    onValueChange={(parentId) => set(place, { parentId })}
                    options={known ? others : [{ value: dependency.parentId, label: "(removed)" }, ...others]}
                  />
                )}
              </Field>
              <Field label="Once it" className="w-44">
                {(ids) => (
                  <Select {...ids} value={dependency.on} onValueChange={(on) => set(place, { on })} options={ON} />
                )}
              </Field>
              <Field label="Which of its runs" className="w-44">
                {(ids) => (
                  <Select {...ids} value={dependency.run} onValueChange={(run) => set(place, { run })} options={RUN} />
                )}
              </Field>
              <IconButton
                label="Remove this dependency"
                className="mb-0.5 ml-auto"
                onClick={() => onChange({ dependencies: dependencies.toSpliced(place, 1) })}
              >
                <X aria-hidden />
              </IconButton>
            </div>
            <Checkbox
              checked={dependency.timeoutMs !== null}
              onCheckedChange={(on) => set(place, { timeoutMs: on ? 4 * 3_600_000 : null })}
              label="Give up waiting for it"
            />
            {dependency.timeoutMs === null ? null : (
              <DurationField
                label="Waits at most"
                error={problems.at(`dependencies.${place}.timeoutMs`)}
                valueMs={dependency.timeoutMs}
                onChange={(timeoutMs) => set(place, { timeoutMs })}
              />
            )}
          </fieldset>
        );
      })}
      <div className="flex flex-wrap items-center gap-3">
        <Button
          size="small"
          look="quiet"
          className="-ml-2.5"
          disabled={free === undefined || dependencies.length >= MAX_PARENTS}
          onClick={() =>
            free !== undefined &&
            onChange({
              dependencies: [...dependencies, { parentId: free.value, on: "success", run: "firing", timeoutMs: null }],
            })
          }
        >
          <Plus aria-hidden />
          After another schedule
        </Button>
        {dependencies.length < 2 ? null : (
          <Select
            label="How many must agree"
            className="w-56"
            value={join}
            onValueChange={(next) => onChange({ join: next })}
            options={JOIN}
          />
        )}
      </div>
      {cycle === null ? null : (
        <p role="alert" className="text-xs text-bad">
          That is a circle: {cycle.join(" → ")}
        </p>
      )}
      <RestProblems
        problems={problems}
        shown={placesOf(dependencies).flatMap((n) => [`dependencies.${n}.parentId`, `dependencies.${n}.timeoutMs`])}
      />
    </>
  );
}
