import { Check, ChevronDown } from "lucide-react";
import { Select as Primitive } from "radix-ui";
import { classNames } from "./class-names.ts";
import { CONTROL } from "./field.tsx";

interface SelectProps<T extends string> {
  value: T;
  onValueChange: (value: T) => void;
  options: readonly { value: T; label: string; note?: string; disabled?: boolean }[];
  id?: string;
  /** The name, when no label names it. */
  label?: string;
  className?: string;
  "aria-describedby"?: string | undefined;
}

/** A list to choose one from. */
export function Select<T extends string>({ value, onValueChange, options, label, className, ...rest }: SelectProps<T>) {
  return (
    <Primitive.Root
      value={value}
      onValueChange={(next) => {
        const option = options.find((o) => o.value === next);
        if (option !== undefined) onValueChange(option.value);
      }}
    >
      <Primitive.Trigger
        {...rest}
        aria-label={label}
        className={classNames(CONTROL, "inline-flex items-center justify-between gap-2 text-left", className)}
      >
        <span className="truncate">
          <Primitive.Value />
        </span>
        <Primitive.Icon>
          <ChevronDown aria-hidden className="size-3.5 text-ink-3" />
        </Primitive.Icon>
      </Primitive.Trigger>
      <Primitive.Portal>
        <Primitive.Content
          position="popper"
          sideOffset={4}
          className="appear z-[60] max-h-80 min-w-(--radix-select-trigger-width) overflow-hidden rounded-md border border-line bg-raised p-1 shadow-lift"
        >
          <Primitive.Viewport>
            {options.map((option) => (
              <Primitive.Item
                key={option.value}
                value={option.value}
                disabled={option.disabled ?? false}
                className="flex items-center gap-2 rounded px-2 py-1.5 text-sm outline-none select-none data-[disabled]:opacity-50 data-[highlighted]:bg-accent-soft"
              >
                <span className="w-4">
                  <Primitive.ItemIndicator>
                    <Check aria-hidden className="size-3.5 text-accent" />
                  </Primitive.ItemIndicator>
                </span>
                <Primitive.ItemText>{option.label}</Primitive.ItemText>
                {option.note === undefined ? null : <span className="ml-2 text-xs text-ink-3">{option.note}</span>}
              </Primitive.Item>
            ))}
          </Primitive.Viewport>
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
