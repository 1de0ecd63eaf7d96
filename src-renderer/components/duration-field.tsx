import { type ReactNode, useState } from "react";
import { Field, TextInput } from "./field.tsx";
import { Select } from "./select.tsx";

const UNITS = [
  { value: "s", label: "seconds", ms: 1_000 },
  { value: "min", label: "minutes", ms: 60_000 },
  { value: "h", label: "hours", ms: 3_600_000 },
  { value: "d", label: "days", ms: 86_400_000 },
] as const;
type Unit = (typeof UNITS)[number]["value"];

/** A duration as a number and its unit. What is no number is told as NaN, so that whoever checks says so. */
export function DurationField(props: {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  valueMs: number;
  onChange: (ms: number) => void;
}) {
  const { label, hint, error, valueMs, onChange } = props;
  const [unit, setUnit] = useState<Unit>(() => unitOf(valueMs));
  const factor = UNITS.find(({ value }) => value === unit)?.ms ?? 1_000;
  const amount = valueMs / factor;
  return (
    <Field label={label} error={error} {...(hint === undefined ? {} : { hint })}>
      {(ids) => (
        <div className="flex gap-1.5">
          <TextInput
            {...ids}
            type="number"
            min={0}
            step="any"
            className="w-24"
            value={Number.isFinite(amount) ? Number(amount.toFixed(3)) : ""}
            onChange={(event) => onChange(Math.round(event.target.valueAsNumber * factor))}
          />
          <Select<Unit>
            label={`Unit of ${label.toLowerCase()}`}
            className="w-28"
            value={unit}
            onValueChange={(next) => {
              const ms = UNITS.find(({ value }) => value === next)?.ms ?? 1_000;
              setUnit(next);
              onChange(Math.round(amount * ms));
            }}
            options={UNITS}
          />
        </div>
      )}
    </Field>
  );
}

/** The largest unit in which it is a whole number. */
function unitOf(ms: number): Unit {
  return UNITS.findLast((unit) => ms >= unit.ms && ms % unit.ms === 0)?.value ?? "min";
}
