/** Sizes, rates and times as the command line prints them. */

const UNITS = ["KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** Binary units with three significant digits: 1536 → "1.50 KiB". Whole bytes below 1 KiB. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${Math.round(bytes)} B`;
  let value = bytes;
  let unit = "B";
  for (const next of UNITS) {
    // 1023.6 KiB would print as "1024 KiB": from 1023.5 on the next unit is used.
    if (unit !== "B" && value < 1023.5) break;
    value /= 1024;
    unit = next;
  }
  const digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`;
}

/** 67108864 → "64.0 MiB (67108864 bytes)"; below 1 KiB the bytes alone. */
export function exactSizeText(bytes: number): string {
  return bytes < 1024 ? `${bytes} bytes` : `${sizeText(bytes)} (${bytes} bytes)`;
}

export function rateText(bytesPerSecond: number): string {
  return `${sizeText(bytesPerSecond)}/s`;
}

/** 83_000 → "1:23", 4_000_000 → "1:06:40"; below ten seconds "4.2 s". */
export function durationText(durationMs: number): string {
  if (durationMs < 10_000) return `${(durationMs / 1000).toFixed(1)} s`;
  const total = Math.round(durationMs / 1000);
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor(total / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(total % 60)}` : `${minutes}:${two(total % 60)}`;
}

/** The share in whole percent, rounded down, so that 100 % is only said when all is done. */
export function percentText(done: number, total: number): string {
  return `${total <= 0 ? 100 : Math.floor((Math.min(done, total) / total) * 100)} %`;
}
