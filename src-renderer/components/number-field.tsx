import type { ReactNode } from "react";
import { Field, TextInput } from "./field.tsx";

/** A whole number between two others; what is outside becomes the nearest, what is none the usual. */
export function NumberField(props: {
  label: string;
  hint?: ReactNode;
  value: number;
  usual: number;
  min: number;
  max: number;
  onChange: (value: number) => void;
}) {
  const { label, hint, value, usual, min, max, onChange } = props;
  return (
    <Field label={label} hint={hint}>
      {(ids) => (
        <TextInput
          {...ids}
          type="number"
          min={min}
          max={max}
          step={1}
          value={value}
          onChange={(event) => {
            const typed = event.target.valueAsNumber;
            onChange(Number.isNaN(typed) ? usual : Math.min(max, Math.max(min, Math.round(typed))));
          }}
        />
      )}
    </Field>
  );
}
