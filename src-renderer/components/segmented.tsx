import { ToggleGroup } from "radix-ui";
import { classNames } from "./class-names.ts";

interface SegmentedProps<T extends string> {
  label: string;
  value: T;
  onValueChange: (value: T) => void;
  options: readonly { value: T; label: string; count?: number | undefined }[];
  className?: string;
}

/** A few exclusive choices side by side, e.g. "All | Active | Failed". Arrow keys move. */
export function Segmented<T extends string>({ label, value, onValueChange, options, className }: SegmentedProps<T>) {
  return (
    <ToggleGroup.Root
      type="single"
      aria-label={label}
      value={value}
      onValueChange={(next) => {
        const option = options.find((o) => o.value === next);
        if (option !== undefined) onValueChange(option.value);
      }}
      className={classNames("inline-flex h-8 rounded-md border border-line bg-sunken p-0.5", className)}
    >
      {options.map((option) => (
        <ToggleGroup.Item
          key={option.value}
          value={option.value}
          className="inline-flex items-center gap-1.5 rounded px-2.5 text-xs text-ink-2 hover:text-ink data-[state=on]:bg-raised data-[state=on]:font-medium data-[state=on]:text-ink data-[state=on]:shadow-sm"
        >
          {option.label}
          {option.count === undefined ? null : <span className="text-2xs text-ink-3">{option.count}</span>}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
