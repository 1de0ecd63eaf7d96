/**
 * A table of many rows: sorted by TanStack Table, drawn by TanStack Virtual (only what is on the screen is in the page),
 * and used from the keyboard as one stop: arrows move a row mark, Enter opens, Space selects where rows can be selected, Ctrl+A
 * selects all. Columns and rows are props; so is the taste.
 */
import {
  type ColumnDef,
  columnVisibilityFeature,
  createSortedRowModel,
  type Row,
  type RowData,
  rowSortingFeature,
  type SortingState,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { type KeyboardEvent, memo, type ReactNode, useEffect, useId, useMemo, useRef, useState } from "react";
import { classNames } from "./class-names.ts";
import { SelectBox, usePicker } from "./grid-selection.tsx";
import { nextRowIndex } from "./row-keys.ts";
import { compareValues } from "./sort-values.ts";

export interface GridColumn<T> {
  readonly id: string;
  readonly header: string;
  /** Narrowest width in rem. */
  readonly width: number;
  /** Share of what is left over; absent: none. */
  readonly grow?: number;
  /** What the column sorts by; null sorts last. Absent: not sortable. */
  readonly value?: (row: T) => string | number | null;
  readonly cell: (row: T) => ReactNode;
  readonly align?: "right";
  /** Rows in which the cell may run over the (empty) ones to its right. */
  readonly spills?: (row: T) => boolean;
  /** First press sorts downwards (sizes, dates). */
  readonly biggestFirst?: boolean;
}

export interface DataGridProps<T> {
  label: string;
  columns: readonly GridColumn<T>[];
  rows: readonly T[];
  rowId: (row: T) => string;
  sorting: SortingState;
  onSortingChange: (sorting: SortingState) => void;
  /** Ids of columns not shown. */
  hidden?: readonly string[];
  onOpen: (row: T) => void;
  /** A key pressed on the marked row. True when it was used. */
  onKey?: (row: T, key: string) => boolean;
  /** Shown instead of rows. */
  empty: ReactNode;
  /** Called when the last rows come into sight. */
  onEnd?: () => void;
  rowHeight?: number;
  /** Lies over the right end of a row under the pointer or the mark. */
  rowActions?: (row: T) => ReactNode;
  /** Present: rows can be selected, by id. */
  selection?: { readonly ids: ReadonlySet<string>; onChange: (ids: ReadonlySet<string>) => void };
}

const features = tableFeatures({ rowSortingFeature, columnVisibilityFeature, sortedRowModel: createSortedRowModel() });
type Features = typeof features;

const HEADER_HEIGHT = 30;
/** Of the column of boxes, in rem. */
const SELECT_WIDTH = 2;
const OVERSCAN = 8;

export function DataGrid<T extends RowData>(props: DataGridProps<T>) {
  const { columns, rows, rowId, sorting, onSortingChange, hidden, onOpen, onKey, onEnd, rowHeight = 34 } = props;
  const { selection } = props;
  const gridId = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const [activeId, setActiveId] = useState<string | null>(null);
  // The table is taller than what is seen of it, so its scroller shows the focus. (A :has() rule would cost a pass over all styles each scroll.)
  const [ring, setRing] = useState(false);

  const defs = useMemo(() => columns.map(toColumnDef), [columns]);
  const table = useTable<Features, T>({
    features,
    columns: defs,
    data: rows,
    getRowId: rowId,
    enableSortingRemoval: false,
    state: {
      sorting,
      columnVisibility: Object.fromEntries((hidden ?? []).map((id) => [id, false])),
    },
    onSortingChange: (update) => onSortingChange(typeof update === "function" ? update(sorting) : update),
  });
  const sorted = table.getRowModel().rows;
  const shown = useMemo(() => columns.filter((column) => !hidden?.includes(column.id)), [columns, hidden]);
  const widths = shown.map(({ width, grow }) =>
    grow === undefined ? `${width}rem` : `minmax(${width}rem, ${grow}fr)`,
  );
  const template = (selection === undefined ? widths : [`${SELECT_WIDTH}rem`, ...widths]).join(" ");
  const leastRem = shown.reduce((sum, { width }) => sum + width, selection === undefined ? 1 : 1 + SELECT_WIDTH);

  const virtualizer = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN,
    scrollPaddingStart: HEADER_HEIGHT,
    paddingEnd: 4,
  });
  const visible = virtualizer.getVirtualItems();
  // Rows that leave on one end are used again on the other: to change a row's text costs far less than to make and style a new one.
  const pool = useRef(1);
  pool.current = Math.max(pool.current, visible.length);
  const slot = (index: number) => index % pool.current;
  // Their order in the page matters to who reads it, and to nobody while it scrolls: a row that is moved costs as much as a new one.
  const drawn = virtualizer.isScrolling ? visible.toSorted((a, b) => slot(a.index) - slot(b.index)) : visible;
  const lastVisible = visible.at(-1)?.index ?? -1;
  useEffect(() => {
    if (onEnd !== undefined && sorted.length > 0 && lastVisible >= sorted.length - OVERSCAN) onEnd();
  }, [onEnd, lastVisible, sorted.length]);

  const activeIndex = activeId === null ? -1 : sorted.findIndex((row) => row.id === activeId);
  const activeShown = visible.some((item) => item.index === activeIndex);

  const firstInSight = () => {
    const top = scroller.current?.scrollTop ?? 0;
    return sorted[visible.find((item) => item.start >= top)?.index ?? 0];
  };
  const mark = (index: number) => {
    const row = sorted[index];
    if (row === undefined) return;
    setActiveId(row.id);
    virtualizer.scrollToIndex(index);
  };
  const picker = usePicker(selection, sorted);
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.target !== event.currentTarget || event.altKey) return;
    if (picker !== null && (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "a") {
      picker.all();
      event.preventDefault();
    }
    if (event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(((scroller.current?.clientHeight ?? 300) - HEADER_HEIGHT) / rowHeight) - 1);
    const next = nextRowIndex(event.key, activeIndex, sorted.length, page);
    const active = sorted[activeIndex]?.original;
    if (next !== null) mark(next);
    else if (picker !== null && event.key === " " && active !== undefined) picker.toggle(rowId(active), event.shiftKey);
    else if (event.key === "Enter" && active !== undefined) onOpen(active);
    else if (active === undefined || onKey?.(active, event.key) !== true) return;
    event.preventDefault();
  };

  // A table that is walked with the arrow keys, as one keyboard stop, is a grid (ARIA authoring practices).
  const grid = {
    role: "grid",
    tabIndex: 0,
    "aria-label": props.label,
    "aria-rowcount": sorted.length + 1,
    "aria-colcount": shown.length + (picker === null ? 0 : 1),
    "aria-multiselectable": picker === null ? undefined : true,
    "aria-activedescendant": activeShown ? `${gridId}-${activeIndex}` : undefined,
  };
  if (rows.length === 0) return <div className="min-h-0 flex-1 overflow-auto">{props.empty}</div>;
  return (
    <div
      ref={scroller}
      data-ring={ring}
      className="min-h-0 flex-1 overflow-auto data-[ring=true]:outline-2 data-[ring=true]:-outline-offset-2 data-[ring=true]:outline-accent"
    >
      <table
        {...grid}
        onKeyDown={onKeyDown}
        onFocus={(event) => {
          if (event.target !== event.currentTarget) return;
          if (activeIndex < 0) setActiveId(firstInSight()?.id ?? null);
          setRing(event.currentTarget.matches(":focus-visible"));
        }}
        style={{ minWidth: `${leastRem}rem` }}
        onBlur={() => setRing(false)}
        className="group/grid block outline-none"
      >
        <thead className="sticky top-0 z-10 block">
          {table.getHeaderGroups().map((group) => (
            <tr
              key={group.id}
              aria-rowindex={1}
              style={{ gridTemplateColumns: template, height: HEADER_HEIGHT }}
              className="grid border-b border-line bg-canvas px-2"
            >
              {picker === null ? null : (
                <th scope="col" className="flex items-center justify-center">
                  <SelectBox label="Select all" state={picker.share} onToggle={picker.all} />
                </th>
              )}
              {group.headers.map((header) => (
                <HeaderCell
                  key={header.id}
                  column={shown.find((column) => column.id === header.id)}
                  sorted={header.column.getIsSorted()}
                  onToggle={header.column.getToggleSortingHandler()}
                />
              ))}
            </tr>
          ))}
        </thead>
        <tbody className="relative block" style={{ height: virtualizer.getTotalSize() }}>
          {drawn.map((item) => {
            const row = sorted[item.index];
            return row === undefined ? null : (
              <GridRow
                key={slot(item.index)}
                domId={`${gridId}-${item.index}`}
                row={row}
                columns={shown}
                index={item.index}
                template={template}
                height={rowHeight}
                top={item.start}
                active={item.index === activeIndex}
                selected={picker === null ? null : picker.has(row.id)}
                onPick={picker?.toggle}
                onMark={setActiveId}
                onOpen={onOpen}
                actions={props.rowActions}
              />
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function toColumnDef<T extends RowData>(column: GridColumn<T>): ColumnDef<Features, T> {
  const { id, value, biggestFirst } = column;
  if (value === undefined) return { id, header: column.header, enableSorting: false };
  return {
    id,
    header: column.header,
    accessorFn: (row: T) => value(row) ?? undefined,
    sortUndefined: "last",
    sortDescFirst: biggestFirst === true,
    sortFn: (a: Row<Features, T>, b: Row<Features, T>, columnId: string) =>
      compareValues(a.getValue(columnId), b.getValue(columnId)),
  };
}

function HeaderCell<T>(props: {
  column: GridColumn<T> | undefined;
  sorted: false | "asc" | "desc";
  onToggle: ((event: unknown) => void) | undefined;
}) {
  const { column, sorted, onToggle } = props;
  if (column === undefined) return null;
  const Arrow = sorted === "desc" ? ArrowDown : ArrowUp;
  return (
    <th
      scope="col"
      aria-sort={sorted === false ? undefined : sorted === "asc" ? "ascending" : "descending"}
      className={classNames(
        "flex items-center px-2 text-xs font-normal whitespace-nowrap text-ink-2",
        column.align === "right" && "justify-end",
      )}
    >
      {column.value === undefined ? (
        <span>{column.header}</span>
      ) : (
        <button
          type="button"
          onClick={onToggle}
          title={`Sort by ${column.header.toLowerCase()} (Shift: as a second order)`}
          className={classNames(
            "group/sort flex items-center gap-1 hover:text-ink",
            sorted !== false && "font-medium text-ink",
          )}
        >
          {column.header}
          <Arrow
            aria-hidden
            className={classNames("size-3", sorted === false ? "opacity-0 group-hover/sort:opacity-50" : "text-accent")}
          />
        </button>
      )}
    </th>
  );
}

interface GridRowProps<T extends RowData> {
  domId: string;
  row: Row<Features, T>;
  columns: readonly GridColumn<T>[];
  index: number;
  template: string;
  height: number;
  top: number;
  active: boolean;
  /** Null: rows cannot be selected. */
  selected: boolean | null;
  onPick: ((id: string, range: boolean) => void) | undefined;
  onMark: (id: string) => void;
  onOpen: (row: T) => void;
  actions: ((row: T) => ReactNode) | undefined;
}

const GridRow = memo(function GridRow<T extends RowData>(props: GridRowProps<T>) {
  const { row, columns, index, template, height, top, active, selected, onPick, onMark, onOpen, actions } = props;
  // Actions are drawn for the one row that can be acted on: in every row they would double the cost of scrolling.
  const [pointed, setPointed] = useState(false);
  return (
    <tr
      id={props.domId}
      aria-rowindex={index + 2}
      aria-selected={selected ?? active}
      data-active={active}
      onMouseDown={(event) => {
        onMark(row.id);
        // The second press of two opens the row; it would also mark the word under it.
        if (event.detail > 1) event.preventDefault();
      }}
      onMouseEnter={() => setPointed(true)}
      onMouseLeave={() => setPointed(false)}
      onDoubleClick={() => onOpen(row.original)}
      style={{ gridTemplateColumns: template, height, transform: `translateY(${top}px)` }}
      className={classNames(
        "group/row absolute inset-x-0 top-0 grid contain-strict border-b border-line/60 px-2 hover:bg-raised",
        selected === true && "bg-accent-soft/50",
        active &&
          "bg-accent-soft hover:bg-accent-soft group-focus-visible/grid:outline-2 group-focus-visible/grid:-outline-offset-2 group-focus-visible/grid:outline-accent",
      )}
    >
      {selected === null ? null : (
        <td className="flex items-center justify-center align-middle">
          <SelectBox
            label="Select row"
            state={selected ? "all" : "none"}
            onToggle={(range) => onPick?.(row.id, range)}
          />
        </td>
      )}
      {columns.map((column, position) => (
        <td
          key={column.id}
          className={classNames(
            // align-middle: browsers let cells inherit that from their row, and would style all cells anew each time a row moves.
            "flex min-w-0 items-center gap-1.5 overflow-hidden px-2 align-middle",
            column.align === "right" && "justify-end text-right tabular-nums",
            column.spills?.(row.original) === true && "overflow-visible",
          )}
        >
          {column.cell(row.original)}
          {actions !== undefined && position === columns.length - 1 && (active || pointed) ? (
            <span className="absolute inset-y-0 right-0 flex items-center gap-0.5 bg-raised pr-3 pl-3 group-data-[active=true]/row:bg-accent-soft">
              {actions(row.original)}
            </span>
          ) : null}
        </td>
      ))}
    </tr>
  );
}) as <T extends RowData>(props: GridRowProps<T>) => ReactNode;
