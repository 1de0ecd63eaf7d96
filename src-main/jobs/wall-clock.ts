/** Instants as people read them on this computer's wall. */

/** "08:05" */
export function clockText(atMs: number): string {
  const at = new Date(atMs);
  return `${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** "08:05", or "2026-12-01 08:05" where it is another day than that of `nowMs`. */
export function momentText(atMs: number, nowMs: number): string {
  const at = new Date(atMs);
  if (at.toDateString() === new Date(nowMs).toDateString()) return clockText(atMs);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clockText(atMs)}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
