/** A grid of seven days: hours of a week, or weeks of a month. One cell at a time is the stop of the Tab key; arrow keys go on from it. */
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";
import { classNames } from "../../components/class-names.ts";
import { ItemChip } from "./calendar-chip.tsx";
import type { Band, CalendarItem } from "./calendar-items.ts";

export interface GridCell {
  readonly key: string;
  /** Its time. */
  readonly title: string;
  /** What is in it: "3 runs". */
  readonly words: string;
  /** In its corner; null: nothing. */
  readonly mark: ReactNode;
  /** The clock leaves it out. */
  readonly missing: boolean;
  readonly muted: boolean;
  readonly items: readonly CalendarItem[];
  readonly bands: readonly Band[];
  /** Where in it it is now, as a fraction; null: not in it. */
  readonly now: number | null;
}

export interface GridRow {
  readonly key: string;
  /** Left of the cells; null: there is no such column. */
  readonly header: string | null;
  readonly cells: readonly GridCell[];
}

interface CalendarGridProps {
  label: string;
  columns: readonly { key: string; text: string; note: string | null; today: boolean }[];
  rows: readonly GridRow[];
  cursor: { row: number; column: number };
  zone: string;
  /** Runs that a cell shows before the rest becomes "+12". */
  most: number;
  /** The way bands go through a cell. */
  bands: "down" | "along";
  onMove: (arrow: "left" | "right" | "up" | "down") => void;
  onOpen: (cell: GridCell) => void;
}

const ARROWS = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" } as const;

export function CalendarGrid(props: CalendarGridProps) {
  const { label, columns, rows, cursor, onMove, onOpen } = props;
  const grid = useRef<HTMLTableElement>(null);
  const moved = useRef(false);
  const key = rows[cursor.row]?.cells[cursor.column]?.key;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the focus follows the cursor once it has moved
  useEffect(() => {
    if (!moved.current) return;
    moved.current = false;
    grid.current?.querySelector<HTMLElement>("[role=gridcell][tabindex='0']")?.focus();
  }, [key]);
  useEffect(() => {
    grid.current?.querySelector("[role=gridcell][tabindex='0']")?.scrollIntoView({ block: "center" });
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.target instanceof HTMLElement)) return;
    if (event.target.role !== "gridcell") return;
    const cell = rows[cursor.row]?.cells[cursor.column];
    if (event.key in ARROWS) {
      moved.current = true;
      onMove(ARROWS[event.key as keyof typeof ARROWS]);
    } else if ((event.key === "Enter" || event.key === " ") && cell !== undefined) onOpen(cell);
    else {
      // Pages and today are heard by the page; the focus comes along.
      if (["PageUp", "PageDown", "t", "T"].includes(event.key)) moved.current = true;
      return;
    }
    event.preventDefault();
  };
  const headed = rows.some(({ header }) => header !== null);
  return (
    // A table, which is read as one; its cells are gone through as those of a grid.
    <table
      ref={grid}
      // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table is what a grid is made of
      role="grid"
      aria-label={label}
      onKeyDown={onKeyDown}
      className={classNames("w-full min-w-[44rem] table-fixed border-separate border-spacing-0", !headed && "h-full")}
    >
      <thead>
        <tr>
          {headed ? (
            <th scope="col" className="sticky top-0 z-10 w-14 border-b border-line bg-canvas">
              <span className="sr-only">Hour</span>
            </th>
          ) : null}
          {columns.map(({ key: column, text, note, today }) => (
            <th
              key={column}
              scope="col"
              className={classNames(
                "sticky top-0 z-10 h-8 border-b border-l border-line bg-canvas px-2 text-left text-xs",
                today ? "font-semibold text-accent" : "font-medium text-ink-2",
              )}
            >
              {text}
              {today ? <span className="font-normal"> · today</span> : null}
              {note === null ? null : <span className="ml-1 font-normal text-warn">{note}</span>}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, rowIndex) => (
          <tr key={row.key}>
            {row.header === null ? null : (
              <th
                scope="row"
                className="border-b border-line px-1.5 py-1 text-right align-top text-2xs font-normal text-ink-3 tabular-nums"
              >
                {row.header}
              </th>
            )}
            {row.cells.map((cell, column) => (
              <Cell
                key={cell.key}
                cell={cell}
                zone={props.zone}
                most={props.most}
                bands={props.bands}
                current={rowIndex === cursor.row && column === cursor.column}
                onOpen={() => onOpen(cell)}
              />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell(props: {
  cell: GridCell;
  zone: string;
  most: number;
  bands: "down" | "along";
  current: boolean;
  onOpen: () => void;
}) {
  const { cell, zone, most, bands, current, onOpen } = props;
  const { items } = cell;
  // One more than fits is shown rather than "+1", which takes as much room.
  const shown = items.length > most + 1 ? items.slice(0, most) : items;
  const left = items.length - shown.length;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Enter is heard by the grid
    <td
      // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a cell of the grid
      role="gridcell"
      tabIndex={current ? 0 : -1}
      onClick={(event) => {
        // A run in it is a link of its own.
        if (event.target instanceof Element && event.target.closest("a")) return;
        if (items.length > 0) onOpen();
      }}
      className={classNames(
        "relative border-b border-l border-line p-0.5 align-top outline-none focus-visible:z-10 focus-visible:outline-2 focus-visible:-outline-offset-2 focus-visible:outline-accent",
        bands === "down" ? "h-8" : "h-24",
        cell.muted && "bg-sunken",
        cell.missing && "hatch",
      )}
    >
      {cell.bands.map((band) => (
        <Shading key={`${band.kind} ${band.from}`} band={band} way={bands} />
      ))}
      {cell.now === null ? null : (
        <span
          aria-hidden
          className={classNames("absolute bg-bad", bands === "down" ? "inset-x-0 h-px" : "bottom-0 h-2 w-px")}
          style={bands === "down" ? { top: `${cell.now * 100}%` } : { left: `${cell.now * 100}%` }}
        />
      )}
      <div className="relative grid gap-px">
        <span className="sr-only">
          {cell.title}: {cell.words}.
        </span>
        {cell.mark}
        {shown.map((item) => (
          <ItemChip key={item.key} item={item} zone={zone} />
        ))}
        {left > 0 ? (
          <button
            type="button"
            tabIndex={-1}
            className="h-5 justify-self-start rounded px-1 text-2xs font-medium text-accent hover:underline"
          >
            +{left}
          </button>
        ) : null}
      </div>
    </td>
  );
}

/** A window is tinted, a blackout hatched. Along: a strip at the foot of a day. */
function Shading({ band, way }: { band: Band; way: "down" | "along" }) {
  const [start, length] = [`${band.from * 100}%`, `${(band.to - band.from) * 100}%`];
  return (
    <span
      aria-hidden
      className={classNames(
        "pointer-events-none absolute",
        band.kind === "window" ? (way === "down" ? "bg-accent-soft/60" : "bg-accent-fill") : "blackout",
        way === "down" ? "inset-x-0" : band.kind === "window" ? "bottom-0 h-1" : "inset-y-0",
      )}
      style={way === "down" ? { top: start, height: length } : { left: start, width: length }}
    />
  );
}
