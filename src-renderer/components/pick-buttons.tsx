import { useId } from "react";
import { Button } from "./button.tsx";

/** Several of a few things, as buttons that stay pressed. */
export function PickButtons<T extends string | number>(props: {
  label: string;
  options: readonly { value: T; label: string; title?: string }[];
  picked: readonly T[];
  onChange: (picked: T[]) => void;
  error?: string | undefined;
}) {
  const { label, options, picked, onChange, error } = props;
  const id = useId();
  return (
    <fieldset className="grid gap-1" aria-describedby={error === undefined ? undefined : id}>
      <legend className="mb-1 text-xs font-medium text-ink-2">{label}</legend>
      <div className="flex flex-wrap gap-1">
        {options.map(({ value, label: word, title }) => (
          <Button
            key={value}
            size="small"
            title={title}
            aria-pressed={picked.includes(value)}
            className="min-w-8 px-2 aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:font-medium aria-pressed:text-accent"
            onClick={() =>
              onChange(picked.includes(value) ? picked.filter((one) => one !== value) : [...picked, value])
            }
          >
            {word}
          </Button>
        ))}
      </div>
      {error === undefined ? null : (
        <p id={id} role="alert" className="text-xs text-bad">
          {error}
        </p>
      )}
    </fieldset>
  );
}
