/** Instants as people read them. The clock is an input. */

const two = (n: number) => n.toString().padStart(2, "0");
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/** Local time, sortable: "2026-11-22 14:05:09". */
export function formatAbsolute(iso: string): string {
  const d = new Date(iso);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${formatClock(iso)}`;
}

/** Local time of day: "14:05:09". */
export function formatClock(iso: string): string {
  const d = new Date(iso);
  return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

/** "just now", "3 min ago", "in 5 min", "today 09:12", "tomorrow 02:30", "12 Nov 14:05", "12 Nov 2025". `nowMs` since the epoch. */
export function formatRelative(iso: string, nowMs: number): string {
  const d = new Date(iso);
  const now = new Date(nowMs);
  const agoMs = nowMs - d.getTime();
  if (agoMs >= 0 && agoMs < 45_000) return "just now";
  if (agoMs >= 0 && agoMs < 3_600_000) return `${Math.max(1, Math.round(agoMs / 60_000))} min ago`;
  if (agoMs < 0 && agoMs > -3_600_000) return agoMs > -60_000 ? "in a moment" : `in ${Math.round(-agoMs / 60_000)} min`;
  const clock = `${two(d.getHours())}:${two(d.getMinutes())}`;
  const days = Math.round((startOfDay(now) - startOfDay(d)) / 86_400_000);
  if (days === 0) return `today ${clock}`;
  if (days === -1) return `tomorrow ${clock}`;
  if (days === 1) return `yesterday ${clock}`;
  const day = `${d.getDate()} ${MONTHS[d.getMonth()] ?? ""}`;
  return d.getFullYear() === now.getFullYear() ? `${day} ${clock}` : `${day} ${d.getFullYear()}`;
}

/** On the wall of a zone, with its weekday: "Mon 30 Nov 2026 02:30". The zone's own name where it is not known here. */
export function formatInZone(iso: string, zone: string): string {
  try {
    const parts = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      weekday: "short",
      day: "numeric",
      month: "short",
      year: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    }).formatToParts(new Date(iso));
    const of = (type: Intl.DateTimeFormatPartTypes) => parts.find((part) => part.type === type)?.value ?? "";
    return `${of("weekday")} ${of("day")} ${of("month")} ${of("year")} ${of("hour")}:${of("minute")}`;
  } catch {
    return formatAbsolute(iso);
  }
}

function startOfDay(d: Date): number {
  return new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
}
