import { Plus, X } from "lucide-react";
import type { Condition } from "../../../../src-core/model/condition.ts";
import { FolderField } from "../../../app/folder-field.tsx";
import { Button, IconButton } from "../../../components/button.tsx";
import { Field, TextInput } from "../../../components/field.tsx";
import { Menu, MenuItem } from "../../../components/menu.tsx";
import { NumberField } from "../../../components/number-field.tsx";
import { Select } from "../../../components/select.tsx";
import type { SectionProblems } from "./field-problems.ts";
import { placesOf } from "./places.ts";
import { RestProblems } from "./section.tsx";

const GIB = 1024 ** 3;
/** Most conditions, as the model has it. */
const MAX_CONDITIONS = 20;
const KINDS: Record<Condition["kind"], { label: string; fresh: Condition }> = {
  "free-space": {
    label: "Free space",
    fresh: { kind: "free-space", path: "", minBytes: 50 * GIB, otherwise: "wait" },
  },
  mains: { label: "On mains power", fresh: { kind: "mains", otherwise: "wait" } },
  battery: { label: "Battery charge", fresh: { kind: "battery", minPercent: 50, otherwise: "wait" } },
  unmetered: { label: "Not on a metered link", fresh: { kind: "unmetered", otherwise: "wait" } },
  reachable: { label: "A host can be reached", fresh: { kind: "reachable", target: "", otherwise: "wait" } },
  "host-load": {
    label: "This computer is not busy",
    fresh: { kind: "host-load", maxPerCore: 0.8, otherwise: "wait" },
  },
};
const ADDED = Object.values(KINDS);
const OTHERWISE = [
  { value: "wait", label: "wait until it does" },
  { value: "skip", label: "skip the run" },
] as const;

export function conditionWords(conditions: readonly Condition[]): string {
  if (conditions.length === 0) return "none";
  return conditions.map(({ kind }) => KINDS[kind].label.toLowerCase()).join(", ");
}

/** What must hold at the moment of firing, beyond the time. */
export function ConditionFields(props: {
  conditions: readonly Condition[];
  problems: SectionProblems;
  onChange: (conditions: Condition[]) => void;
}) {
  const { conditions, problems, onChange } = props;
  return (
    <>
      <p className="text-xs text-ink-3">Measured when a run is about to start; what was found is kept with the run.</p>
      {placesOf(conditions).map((place) => {
        const condition = conditions[place];
        return condition === undefined ? null : (
          <ConditionRow
            key={place}
            condition={condition}
            errorAt={(field) => problems.at(`conditions.${place}.${field}`)}
            onChange={(next) => onChange(conditions.with(place, next))}
            onRemove={() => onChange(conditions.toSpliced(place, 1))}
          />
        );
      })}
      <Menu
        trigger={
          <Button
            size="small"
            look="quiet"
            className="-ml-2.5 justify-self-start"
            disabled={conditions.length >= MAX_CONDITIONS}
          >
            <Plus aria-hidden />
            Add a condition
          </Button>
        }
      >
        {ADDED.map(({ label, fresh }) => (
          <MenuItem key={label} onSelect={() => onChange([...conditions, fresh])}>
            {label}
          </MenuItem>
        ))}
      </Menu>
      <RestProblems
        problems={problems}
        shown={placesOf(conditions).flatMap((n) => [`conditions.${n}.path`, `conditions.${n}.target`])}
      />
    </>
  );
}

function ConditionRow(props: {
  condition: Condition;
  errorAt: (field: string) => string | undefined;
  onChange: (condition: Condition) => void;
  onRemove: () => void;
}) {
  const { condition, onChange, onRemove } = props;
  const { label } = KINDS[condition.kind];
  return (
    <fieldset className="grid gap-2 rounded-md border border-line px-3 py-2.5">
      <legend className="sr-only">{label}</legend>
      <div className="flex items-center gap-2">
        <span className="font-medium">{label}</span>
        <span className="ml-auto text-xs text-ink-3">If it does not hold:</span>
        <Select
          label={`If not: ${label}`}
          className="w-44"
          value={condition.otherwise}
          onValueChange={(otherwise) => onChange({ ...condition, otherwise })}
          options={OTHERWISE}
        />
        <IconButton label={`Remove condition: ${label}`} onClick={onRemove}>
          <X aria-hidden />
        </IconButton>
      </div>
      <Measure {...props} />
    </fieldset>
  );
}

function Measure({ condition, errorAt, onChange }: Parameters<typeof ConditionRow>[0]) {
  switch (condition.kind) {
    case "free-space":
      return (
        <div className="grid grid-cols-[minmax(0,1fr)_8rem] items-start gap-3">
          <FolderField
            label="On the disk of this folder"
            value={condition.path}
            error={errorAt("path")}
            onChange={(path) => onChange({ ...condition, path })}
          />
          <NumberField
            label="At least, GiB"
            value={Math.round(condition.minBytes / GIB)}
            usual={50}
            min={1}
            max={1_000_000}
            onChange={(gib) => onChange({ ...condition, minBytes: gib * GIB })}
          />
        </div>
      );
    case "battery":
      return (
        <NumberField
          label="At least, percent"
          value={condition.minPercent}
          usual={50}
          min={1}
          max={100}
          onChange={(minPercent) => onChange({ ...condition, minPercent })}
        />
      );
    case "reachable":
      return (
        <Field label="Host and port, or URL" error={errorAt("target")}>
          {(ids) => (
            <TextInput
              {...ids}
              className="font-mono text-xs"
              maxLength={400}
              placeholder="nas.example.org:445"
              value={condition.target}
              onChange={(event) => onChange({ ...condition, target: event.target.value })}
            />
          )}
        </Field>
      );
    case "host-load":
      return (
        <NumberField
          label="Load per core at most, percent"
          hint="Of the last minute."
          value={Math.round(condition.maxPerCore * 100)}
          usual={80}
          min={5}
          max={6_400}
          onChange={(percent) => onChange({ ...condition, maxPerCore: percent / 100 })}
        />
      );
    default:
      return null;
  }
}
