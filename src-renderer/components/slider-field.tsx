import { type ReactNode, useId } from "react";

interface SliderFieldProps {
  label: string;
  /** What the position means, in words. */
  text: string;
  value: number;
  min: number;
  max: number;
  step?: number;
  onChange: (value: number) => void;
  /** A field for who wants to type it. */
  children?: ReactNode;
}

/** A slider that tells in words what it stands at. */
export function SliderField({ label, text, value, min, max, step = 1, onChange, children }: SliderFieldProps) {
  const id = useId();
  return (
    <div className="grid gap-0.5">
      <div className="flex items-baseline justify-between gap-2">
        <label htmlFor={id} className="text-xs font-medium text-ink-2">
          {label}
        </label>
        <output htmlFor={id} className="truncate text-xs">
          {text}
        </output>
      </div>
      <div className="flex items-center gap-2">
        <input
          id={id}
          type="range"
          min={min}
          max={max}
          step={step}
          value={value}
          aria-valuetext={text}
          onChange={(event) => onChange(event.target.valueAsNumber)}
          className="h-5 min-w-0 flex-1 accent-accent"
        />
        {children}
      </div>
    </div>
  );
}
