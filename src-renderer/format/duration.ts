/** Durations and times left in words. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** At most two units: "0.4 s", "45 s", "1 min 20 s", "2 h 5 min", "3 d 4 h". */
export function formatDuration(durationMs: number): string {
  if (durationMs < 10 * SECOND) return `${(Math.max(0, durationMs) / SECOND).toFixed(1)} s`;
  const seconds = Math.round(durationMs / SECOND);
  if (seconds < 60) return `${seconds} s`;
  if (durationMs < HOUR) return pair(Math.floor(seconds / 60), "min", seconds % 60, "s");
  const minutes = Math.round(durationMs / MINUTE);
  if (durationMs < DAY) return pair(Math.floor(minutes / 60), "h", minutes % 60, "min");
  const hours = Math.round(durationMs / HOUR);
  return pair(Math.floor(hours / 24), "d", hours % 24, "h");
}

function pair(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;
}

/** Time left as a range in one unit: "4–6 min left", "about 2 h left". */
export function formatEta({ lowMs, highMs }: { lowMs: number; highMs: number }): string {
  return `${formatSpan(lowMs, highMs)} left`;
}

/**
 * A duration known as a range, in one unit: "4–6 min", "about 2 h". Nothing finer than an estimate deserves: five-second steps
 * below a minute, half hours above one hour.
 */
export function formatSpan(lowMs: number, highMs: number): string {
  if (highMs < 5 * SECOND) return "a few seconds";
  const [unitMs, step, unit] =
    highMs < MINUTE
      ? ([SECOND, 5, "s"] as const)
      : highMs < 100 * MINUTE
        ? ([MINUTE, 1, "min"] as const)
        : highMs < 2 * DAY
          ? ([HOUR, 0.5, "h"] as const)
          : ([DAY, 0.5, "d"] as const);
  const high = Math.max(step, Math.ceil(highMs / unitMs / step) * step);
  const low = Math.floor(lowMs / unitMs / step) * step;
  if (low <= 0) return `under ${high} ${unit}`;
  if (low === high) return `about ${high} ${unit}`;
  return `${low}–${high} ${unit}`;
}
