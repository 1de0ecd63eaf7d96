import type { ButtonHTMLAttributes, Ref } from "react";
import { classNames } from "./class-names.ts";

const LOOKS = {
  primary: "bg-accent text-accent-ink hover:bg-accent-strong font-medium",
  plain: "bg-raised text-ink border border-line hover:border-line-strong hover:bg-surface",
  quiet: "text-ink-2 hover:bg-sunken hover:text-ink",
  danger: "bg-bad text-surface hover:opacity-90 font-medium",
} as const;

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: keyof typeof LOOKS;
  size?: "small" | "normal";
  /** Shows that the press is being acted on, and takes no second one. */
  busy?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

/** A button in one of four looks. `type` is "button" unless said otherwise, so that it never submits by accident. */
export function Button({
  look = "plain",
  size = "normal",
  busy = false,
  className,
  disabled,
  children,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={classNames(
        "relative inline-flex shrink-0 items-center justify-center gap-1.5 overflow-hidden rounded-md whitespace-nowrap transition-colors select-none",
        "disabled:opacity-55 [&_svg]:size-4 [&_svg]:shrink-0",
        size === "small" ? "h-7 px-2.5 text-xs" : "h-8 px-3 text-sm",
        LOOKS[look],
        className,
      )}
    >
      {children}
      {busy ? <span className="busy-stripe absolute inset-x-0 bottom-0 h-0.5" /> : null}
    </button>
  );
}

/** A square button that shows only an icon; `label` is its name. */
export function IconButton({ label, look = "quiet", className, ...rest }: ButtonProps & { label: string }) {
  return (
    <Button
      {...rest}
      look={look}
      aria-label={label}
      title={rest.title ?? label}
      className={classNames("size-7 px-0", className)}
    />
  );
}
