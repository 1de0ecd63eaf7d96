/** Sizes and rates as people read them: binary units, three significant digits; the exact figure is for titles. */
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] as const;
const exact = new Intl.NumberFormat("en");

/** `13421772800` → "12.5 GiB". Whole bytes below 1 KiB. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  // 1023.7 MiB would round to "1024 MiB": say "1 GiB" instead.
  if (unit > 0 && Math.round(value) >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const decimals = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  const text = value.toFixed(decimals);
  const trimmed = text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  return `${trimmed} ${UNITS[unit] ?? "B"}`;
}

/** `13421772800` → "13,421,772,800 bytes". */
export function exactBytes(bytes: number): string {
  return bytes === 1 ? "1 byte" : `${exact.format(bytes)} bytes`;
}

/** Bytes a second → "182 MiB/s". */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(Math.round(bytesPerSecond))}/s`;
}

/** `5012` → "5,012". */
export function formatCount(count: number): string {
  return exact.format(count);
}

/** Share as a percentage; never "100 %" before it is complete, nor "0 %" once something is done. */
export function formatPercent(part: number, whole: number): string {
  if (whole <= 0) return part > 0 ? "100 %" : "0 %";
  const share = (part / whole) * 100;
  if (part >= whole) return "100 %";
  if (part <= 0) return "0 %";
  if (share < 0.1) return "<0.1 %";
  if (share > 99.9) return "99.9 %";
  return `${share < 10 ? share.toFixed(1) : Math.min(99, Math.floor(share)).toString()} %`;
}

/** MiB a second, as people type a limit on speed, in whole bytes a second; at least the smallest limit there is. */
export function mibRate(mib: number): number {
  return Math.max(1024, Math.round(mib * 1024 ** 2));
}

/** The other way round, for a field to begin with: `1572864` → "1.5". */
export function mibText(bytesPerSecond: number): string {
  return String(Number((bytesPerSecond / 1024 ** 2).toFixed(2)));
}
