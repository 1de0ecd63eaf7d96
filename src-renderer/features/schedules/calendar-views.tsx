/** The week and the month: which cells they have, and what lies in each. */
import { useMemo, useState } from "react";
import type { Shade } from "../../../src-core/model/schedule-view.ts";
import { plural } from "../../format/plural.ts";
import {
  addDays,
  type CalendarDay,
  clockText,
  dayNote,
  type HourRow,
  hourRows,
  longDay,
  shortDay,
} from "./calendar-days.ts";
import { CalendarGrid, type GridCell, type GridRow } from "./calendar-grid.tsx";
import { bandsIn, type CalendarItem, itemsByStretch, type Stretch } from "./calendar-items.ts";

interface ViewProps {
  /** The day of the cursor. */
  day: string;
  zone: string;
  items: readonly CalendarItem[];
  shades: readonly Shade[];
  nowMs: number;
  onDay: (day: string) => void;
  onOpen: (title: string, items: readonly CalendarItem[]) => void;
}

const inIt = ({ fromAt, toAt }: Stretch, at: number) => at >= fromAt && at < toAt;
const partOf = (stretch: Stretch, at: number) =>
  inIt(stretch, at) ? (at - stretch.fromAt) / (stretch.toAt - stretch.fromAt) : null;
const stretchOf = ({ beginsAt, endsAt }: CalendarDay): Stretch => ({ fromAt: beginsAt, toAt: endsAt });

export function WeekView({ days, ...props }: ViewProps & { days: readonly CalendarDay[] }) {
  const { day, zone, items, shades, nowMs, onDay, onOpen } = props;
  const hours = useMemo(() => hourRows(days, zone), [days, zone]);
  const [row, setRow] = useState(() => {
    const now = days.find((each) => inIt(stretchOf(each), nowMs));
    return now === undefined ? 0 : Number(clockText(nowMs, zone).slice(0, 2));
  });
  const rows = useMemo(() => weekRows(days, hours, items, shades, nowMs), [days, hours, items, shades, nowMs]);
  return (
    <CalendarGrid
      label={`Week of ${longDay(days[0]?.wall ?? 0)}`}
      columns={days.map((each) => ({
        key: each.text,
        text: shortDay(each.wall),
        note: dayNote(each),
        today: inIt(stretchOf(each), nowMs),
      }))}
      rows={rows}
      cursor={{
        row: Math.min(row, rows.length - 1),
        column: Math.max(
          0,
          days.findIndex(({ text }) => text === day),
        ),
      }}
      zone={zone}
      most={3}
      bands="down"
      onMove={(arrow) => {
        if (arrow === "left" || arrow === "right") onDay(addDays(day, arrow === "right" ? 1 : -1));
        else setRow(Math.max(0, Math.min(rows.length - 1, row + (arrow === "down" ? 1 : -1))));
      }}
      onOpen={({ title, items: its }) => onOpen(title, its)}
    />
  );
}

function weekRows(
  days: readonly CalendarDay[],
  hours: readonly HourRow[],
  items: readonly CalendarItem[],
  shades: readonly Shade[],
  nowMs: number,
): GridRow[] {
  const slots = hours.flatMap((row) => row.slots).filter((slot) => slot !== null);
  const ordered = slots.toSorted((a, b) => a.fromAt - b.fromAt);
  const cells = new Map(itemsByStretch(items, ordered).map((its, i) => [ordered[i], its]));
  return hours.map(({ hour, again, slots: its }): GridRow => {
    const header = `${String(hour).padStart(2, "0")}:00${again ? " again" : ""}`;
    return {
      key: header,
      header,
      cells: its.map((slot, column): GridCell => {
        const day = days[column];
        const where = `${longDay(day?.wall ?? 0)}, ${header}`;
        if (slot === null) {
          // Of a repeated hour most days have only one: that is nothing unusual.
          const words = again ? "that hour comes once" : "no such hour, the clock is set forward";
          return {
            key: `${day?.text} ${header}`,
            title: where,
            words,
            mark: null,
            missing: !again,
            muted: again,
            items: [],
            bands: [],
            now: null,
          };
        }
        const found = cells.get(slot) ?? [];
        return {
          key: `${day?.text} ${header}`,
          title: where,
          words: countWords(found),
          mark: null,
          missing: false,
          muted: false,
          items: found,
          bands: bandsIn(slot, shades),
          now: partOf(slot, nowMs),
        };
      }),
    };
  });
}

export function MonthView({ weeks, ...props }: ViewProps & { weeks: readonly (readonly CalendarDay[])[] }) {
  const { day, zone, items, shades, nowMs, onDay, onOpen } = props;
  const rows = useMemo(
    () => monthRows(weeks, day.slice(0, 7), items, shades, nowMs),
    [weeks, day, items, shades, nowMs],
  );
  const row = weeks.findIndex((week) => week.some(({ text }) => text === day));
  return (
    <CalendarGrid
      label={`Month of ${day.slice(0, 7)}`}
      columns={(weeks[0] ?? []).map(({ wall }) => ({
        key: String(wall),
        text: shortDay(wall).slice(0, 3),
        note: null,
        today: false,
      }))}
      rows={rows}
      cursor={{ row: Math.max(0, row), column: Math.max(0, weeks[row]?.findIndex(({ text }) => text === day) ?? 0) }}
      zone={zone}
      most={4}
      bands="along"
      onMove={(arrow) => onDay(addDays(day, { left: -1, right: 1, up: -7, down: 7 }[arrow]))}
      onOpen={({ title, items: its }) => onOpen(title, its)}
    />
  );
}

function monthRows(
  weeks: readonly (readonly CalendarDay[])[],
  month: string,
  items: readonly CalendarItem[],
  shades: readonly Shade[],
  nowMs: number,
): GridRow[] {
  const days = weeks.flat();
  const cells = new Map(itemsByStretch(items, days.map(stretchOf)).map((its, i) => [days[i], its]));
  return weeks.map(
    (week): GridRow => ({
      key: week[0]?.text ?? "",
      header: null,
      cells: week.map((day): GridCell => {
        const stretch = stretchOf(day);
        const found = cells.get(day) ?? [];
        const today = inIt(stretch, nowMs);
        const note = dayNote(day);
        return {
          key: day.text,
          title: longDay(day.wall),
          words: countWords(found),
          mark: (
            <span className="flex items-baseline gap-1.5 px-1 text-2xs text-ink-2">
              <span className={today ? "rounded bg-accent px-1 font-semibold text-accent-ink" : ""}>
                {Number(day.text.slice(8))}
              </span>
              {note === null ? null : <span className="text-warn">{note}</span>}
            </span>
          ),
          missing: stretch.fromAt === stretch.toAt,
          muted: !day.text.startsWith(month),
          items: found,
          bands: bandsIn(stretch, shades),
          now: partOf(stretch, nowMs),
        };
      }),
    }),
  );
}

function countWords(items: readonly CalendarItem[]): string {
  if (items.length === 0) return "nothing";
  const clashes = items.filter(({ collisions }) => collisions.length > 0).length;
  return clashes === 0 ? plural(items.length, "run") : `${plural(items.length, "run")}, ${clashes} of them collide`;
}
