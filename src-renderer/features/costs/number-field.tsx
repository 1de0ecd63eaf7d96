import { type ReactNode, useEffect, useState } from "react";
import { Field, TextInput } from "../../components/field.tsx";
import { numberFault } from "./number-text.ts";

interface NumberFieldProps {
  label: string;
  hint?: ReactNode;
  value: number;
  min: number;
  max: number;
  /** Fractions are taken. */
  fractions?: boolean;
  onChange: (value: number) => void;
  className?: string;
}

/** A number between two others. What is none stays in the field and says why; the plan keeps the last good one. */
export function NumberField({ label, hint, value, min, max, fractions, onChange, className }: NumberFieldProps) {
  const [text, setText] = useState(String(value));
  // Another hand (a slider, a machine that was chosen) changed it.
  useEffect(
    () => setText((typed) => (Number(typed) === value && typed.trim() !== "" ? typed : String(value))),
    [value],
  );
  const fault = numberFault(text, { min, max, fractions: fractions === true });
  return (
    <Field label={label} hint={hint} error={fault ?? undefined} {...(className === undefined ? {} : { className })}>
      {(ids) => (
        <TextInput
          {...ids}
          inputMode={fractions ? "decimal" : "numeric"}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            if (numberFault(event.target.value, { min, max, fractions: fractions === true }) === null) {
              onChange(Number(event.target.value));
            }
          }}
          onBlur={() => {
            if (text.trim() === "") setText(String(value));
          }}
        />
      )}
    </Field>
  );
}
