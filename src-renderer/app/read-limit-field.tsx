import { Field, TextInput } from "../components/field.tsx";

interface ReadLimitFieldProps {
  /** MiB a second as typed; empty: none. */
  value: string;
  error: string | undefined;
  onChange: (value: string) => void;
}

/** How fast a job may read. */
export function ReadLimitField({ value, error, onChange }: ReadLimitFieldProps) {
  return (
    <Field
      label="Read at most"
      hint="MiB a second; empty: as fast as it goes. It can be changed while the job runs."
      error={error}
    >
      {(ids) => (
        <TextInput
          {...ids}
          type="number"
          min={0}
          step="any"
          placeholder="no limit"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
