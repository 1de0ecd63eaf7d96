import { Check } from "lucide-react";
import { Checkbox as CheckboxPrimitive, Switch as SwitchPrimitive } from "radix-ui";
import { type ReactNode, useId } from "react";

interface ToggleProps {
  checked: boolean;
  onCheckedChange: (checked: boolean) => void;
  label: string;
  hint?: ReactNode;
  disabled?: boolean;
}

/** A choice that takes effect with the form it stands in. */
export function Checkbox({ checked, onCheckedChange, label, hint, disabled }: ToggleProps) {
  const id = useId();
  return (
    <div className="flex gap-2">
      <CheckboxPrimitive.Root
        id={id}
        checked={checked}
        disabled={disabled ?? false}
        onCheckedChange={(value) => onCheckedChange(value === true)}
        aria-describedby={hint === undefined ? undefined : `${id}-note`}
        className="mt-0.5 flex size-4 shrink-0 items-center justify-center rounded border border-line-strong bg-raised disabled:opacity-45 data-[state=checked]:border-accent data-[state=checked]:bg-accent"
      >
        <CheckboxPrimitive.Indicator>
          <Check aria-hidden strokeWidth={3} className="size-3 text-accent-ink" />
        </CheckboxPrimitive.Indicator>
      </CheckboxPrimitive.Root>
      <div>
        <ToggleText id={id} label={label} hint={hint} />
      </div>
    </div>
  );
}

/** A setting that takes effect at once: name and hint on the left, switch on the right. */
export function SwitchRow({ checked, onCheckedChange, label, hint, disabled }: ToggleProps) {
  const id = useId();
  return (
    <div className="flex items-start justify-between gap-6 py-2.5">
      <div className="min-w-0">
        <ToggleText id={id} label={label} hint={hint} />
      </div>
      <SwitchPrimitive.Root
        id={id}
        checked={checked}
        disabled={disabled ?? false}
        onCheckedChange={onCheckedChange}
        aria-describedby={hint === undefined ? undefined : `${id}-note`}
        className="mt-0.5 inline-flex h-5 w-9 shrink-0 items-center rounded-full border border-line-strong bg-sunken px-0.5 transition-colors disabled:opacity-50 data-[state=checked]:border-accent data-[state=checked]:bg-accent"
      >
        <SwitchPrimitive.Thumb className="size-3.5 rounded-full bg-ink-3 transition-transform data-[state=checked]:translate-x-4 data-[state=checked]:bg-accent-ink" />
      </SwitchPrimitive.Root>
    </div>
  );
}

/** Name and hint of the control with this id. */
function ToggleText({ id, label, hint }: { id: string } & Pick<ToggleProps, "label" | "hint">) {
  return (
    <>
      <label htmlFor={id} className="text-sm">
        {label}
      </label>
      {hint === undefined ? null : (
        <div id={`${id}-note`} className="text-xs text-ink-3">
          {hint}
        </div>
      )}
    </>
  );
}
