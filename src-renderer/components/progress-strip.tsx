import { classNames } from "./class-names.ts";

interface ProgressStripProps {
  /** 0 to 1; null = busy without a known end. */
  value: number | null;
  label: string;
  tone?: "accent" | "ok" | "warn" | "bad" | "idle";
  className?: string;
}

const TONES = { accent: "bg-accent-fill", ok: "bg-ok", warn: "bg-warn", bad: "bg-bad", idle: "bg-ink-3" } as const;

/** Progress drawn as a row of grains. */
export function ProgressStrip({ value, label, tone = "accent", className }: ProgressStripProps) {
  const percent = value === null ? null : Math.round(Math.min(1, Math.max(0, value)) * 1000) / 10;
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent === null ? undefined : Math.floor(percent)}
      className={classNames("grain relative h-1.5 w-full overflow-hidden rounded-[2px] bg-line", className)}
    >
      {percent === null ? (
        // What is held back does not move.
        tone === "accent" && <div className="busy-stripe absolute inset-0" />
      ) : (
        <div
          className={classNames("h-full transition-[width] duration-300 ease-linear", TONES[tone])}
          style={{ width: `${percent}%` }}
        />
      )}
    </div>
  );
}
