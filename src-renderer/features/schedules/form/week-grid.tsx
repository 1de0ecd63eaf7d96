import { type KeyboardEvent, useRef, useState } from "react";
import type { Window } from "../../../../src-core/model/window.ts";
import { classNames } from "../../../components/class-names.ts";
import { DAYS } from "./when-form.ts";
import { HOURS, hoursOf, isPaintable, windowsOf } from "./window-grid.ts";

const HOUR_MARKS = [0, 6, 12, 18];
const EVERY_HOUR = Array.from({ length: HOURS }, (_, hour) => hour);

/**
 * A week of hours to paint windows in: drag with the mouse; by keyboard arrows move, Space turns an hour on or off, Shift with an
 * arrow carries that on. Windows with minutes or a zone of their own are shown hatched and keep their fields.
 */
export function WeekGrid({ windows, onChange }: { windows: readonly Window[]; onChange: (windows: Window[]) => void }) {
  const exact = windows.filter((window) => !isPaintable(window));
  const fixed = hoursOf(exact);
  const hours = hoursOf(windows.filter(isPaintable));
  const [at, setAt] = useState(0);
  const grid = useRef<HTMLTableElement>(null);
  /** What dragging paints; null while the button is up. */
  const brush = useRef<boolean | null>(null);
  const paint = (places: readonly number[], on: boolean) => {
    if (places.every((place) => hours[place] === on)) return;
    const next = hours.map((before, place) => (places.includes(place) ? on : before));
    onChange([...windowsOf(next), ...exact]);
  };
  const go = (place: number) => {
    setAt(place);
    grid.current?.querySelector<HTMLElement>(`[data-place="${place}"]`)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: HOURS, ArrowUp: -HOURS }[event.key];
    if (event.key === " " || event.key === "Enter") paint([at], hours[at] !== true);
    else if (step !== undefined) {
      const next = at + step;
      if (next < 0 || next >= 7 * HOURS) return;
      if (event.shiftKey) paint([next], hours[at] === true);
      go(next);
    } else return;
    event.preventDefault();
  };
  const lift = () => {
    brush.current = null;
  };
  // A table that is walked with the arrow keys, as one keyboard stop, is a grid (ARIA authoring practices).
  const asGrid = { role: "grid", "aria-label": "Hours of the week in which it may work", "aria-multiselectable": true };
  const asCell = (place: number, label: string) => ({
    role: "gridcell",
    "data-place": place,
    tabIndex: place === at ? 0 : -1,
    "aria-selected": hours[place] === true,
    "aria-label": label,
  });
  return (
    <div className="overflow-x-auto">
      <table
        ref={grid}
        {...asGrid}
        className="w-full min-w-lg table-fixed border-separate border-spacing-0 touch-none select-none"
        onKeyDown={onKeyDown}
        onPointerUp={lift}
        onPointerLeave={lift}
      >
        <thead>
          <tr>
            <th scope="col" className="w-10">
              <span className="sr-only">Day</span>
            </th>
            {HOUR_MARKS.map((hour) => (
              <th key={hour} scope="colgroup" colSpan={6} className="text-left text-2xs font-normal text-ink-3">
                {String(hour).padStart(2, "0")}:00
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {DAYS.map(({ value, short, label }, day) => (
            <tr key={value}>
              <th scope="row" className="text-left text-xs font-normal text-ink-2">
                {short}
              </th>
              {EVERY_HOUR.map((hour) => {
                const place = day * HOURS + hour;
                const on = hours[place] === true;
                return (
                  <td
                    key={hour}
                    {...asCell(place, `${label} ${String(hour).padStart(2, "0")}:00`)}
                    onPointerDown={(event) => {
                      // Touch holds on to where it began; the hours it goes over are to hear of it too.
                      event.currentTarget.releasePointerCapture(event.pointerId);
                      brush.current = !on;
                      paint([place], !on);
                      setAt(place);
                    }}
                    onPointerEnter={() => {
                      if (brush.current !== null) paint([place], brush.current);
                    }}
                    className={classNames(
                      "h-5 border-r border-b border-line p-0 focus-visible:-outline-offset-1",
                      day === 0 && "border-t",
                      hour === 0 && "border-l",
                      hour % 6 === 5 && "border-r-line-strong",
                      on ? "bg-accent-fill" : fixed[place] === true ? "hatch" : "bg-raised hover:bg-accent-soft",
                    )}
                  />
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
