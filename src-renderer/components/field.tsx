import { type InputHTMLAttributes, type ReactNode, type Ref, useId } from "react";
import { classNames } from "./class-names.ts";

/** Shared look of everything one types or chooses in. */
export const CONTROL =
  "h-8 w-full min-w-0 rounded-md border border-line-strong bg-raised px-2.5 text-sm text-ink placeholder:text-ink-3 aria-invalid:border-bad disabled:opacity-60";

interface FieldProps {
  label: string;
  hint?: ReactNode;
  /** Shown in place of the hint and told to screen readers. */
  error?: string | undefined;
  className?: string;
  children: (ids: {
    id: string;
    "aria-describedby": string | undefined;
    "aria-invalid": true | undefined;
  }) => ReactNode;
}

/** Label, control, hint or error, wired together. */
export function Field({ label, hint, error, className, children }: FieldProps) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className={classNames("grid gap-1", className)}>
      <label htmlFor={id} className="text-xs font-medium text-ink-2">
        {label}
      </label>
      {children({
        id,
        "aria-describedby": note === undefined ? undefined : `${id}-note`,
        "aria-invalid": error === undefined ? undefined : true,
      })}
      {note === undefined ? null : (
        <div
          id={`${id}-note`}
          role={error === undefined ? undefined : "alert"}
          className={classNames("text-xs", error === undefined ? "text-ink-3" : "text-bad")}
        >
          {note}
        </div>
      )}
    </div>
  );
}

export function TextInput({
  className,
  ...rest
}: InputHTMLAttributes<HTMLInputElement> & { ref?: Ref<HTMLInputElement> }) {
  return (
    <input type="text" autoComplete="off" spellCheck={false} {...rest} className={classNames(CONTROL, className)} />
  );
}
