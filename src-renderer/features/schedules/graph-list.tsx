/** All schedules of the graph as a list beside the drawing: to search, to go through by keyboard, and for those who cannot see a drawing. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import { parentsFirst } from "../../../src-core/job/topology.ts";
import { classNames } from "../../components/class-names.ts";
import { SearchField } from "../../components/search-field.tsx";
import { matchesAll, searchWords } from "../../format/matches.ts";
import { plural } from "../../format/plural.ts";
import { SCHEDULED_STATE_WORDS } from "../../format/schedule-words.ts";
import { type GraphNode, topologyOf } from "./graph-draft.ts";
import { connectedParts } from "./graph-layout.ts";
import { useGraph } from "./graph-store.ts";
import { type ShownRun, shownRun } from "./graph-view.ts";
import { CONDITION_WORDS, listNames } from "./graph-words.ts";

interface GraphListProps {
  nodes: readonly GraphNode[];
  firing: ReadonlyMap<string, ShownRun> | null;
  /** Keys that act on the selection, as in the drawing; true: it was one. */
  onActionKey: (event: KeyboardEvent) => boolean;
}

interface ListRow {
  readonly node: GraphNode;
  /** Over the first of each part. */
  readonly heading: string | null;
}

const ROW_HEIGHT = 42;
const HEADING_HEIGHT = 26;

export function GraphList({ nodes, firing, onActionKey }: GraphListProps) {
  const [search, setSearch] = useState("");
  const scroller = useRef<HTMLDivElement>(null);
  const listId = useId();
  const selection = useGraph((state) => state.selection);
  const select = useGraph((state) => state.select);
  const rows = useMemo(() => listRows(nodes, searchWords(search)), [nodes, search]);
  const names = useMemo(() => new Map(nodes.map(({ id, name }) => [id, name])), [nodes]);
  const selectedId = selection === null ? null : selection.kind === "node" ? selection.id : selection.childId;
  const index = rows.findIndex(({ node }) => node.id === selectedId);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (at) => ROW_HEIGHT + (rows[at]?.heading == null ? 0 : HEADING_HEIGHT),
    getItemKey: (at) => `${rows[at]?.node.id} ${rows[at]?.heading ?? ""}`,
    overscan: 8,
  });
  useEffect(() => {
    if (index >= 0) virtualizer.scrollToIndex(index);
  }, [index, virtualizer]);
  const go = (to: number) => {
    const id = rows[Math.max(0, Math.min(rows.length - 1, to))]?.node.id;
    if (id !== undefined) select({ kind: "node", id });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (onActionKey(event)) return;
    if (event.key === "ArrowDown") go(index + 1);
    else if (event.key === "ArrowUp") go(index - 1);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(rows.length - 1);
    else if (event.key === "PageDown") go(index + 10);
    else if (event.key === "PageUp") go(index - 10);
    else return;
    event.preventDefault();
  };
  return (
    <section
      aria-label="Schedules of the graph"
      className="flex w-60 shrink-0 flex-col border-r border-line max-lg:w-48"
    >
      <SearchField
        label="Find a schedule"
        placeholder="Find a schedule"
        value={search}
        onChange={setSearch}
        className="m-2"
      />
      <div
        ref={scroller}
        role="listbox"
        aria-label="Schedules"
        tabIndex={0}
        aria-activedescendant={index < 0 ? undefined : `${listId}-${index}`}
        onKeyDown={onKeyDown}
        className="min-h-0 flex-1 overflow-y-auto focus-visible:-outline-offset-2"
      >
        {rows.length === 0 ? <p className="px-3 py-4 text-ink-2">Nothing matches “{search}”.</p> : null}
        <div role="presentation" className="relative" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            return (
              <Option
                key={item.key}
                domId={`${listId}-${item.index}`}
                row={row}
                run={shownRun(row.node, firing)}
                nameOf={(id) => names.get(id) ?? id}
                top={item.start}
                selected={item.index === index}
                onSelect={() => go(item.index)}
              />
            );
          })}
        </div>
      </div>
    </section>
  );
}

function Option(props: {
  domId: string;
  row: ListRow;
  run: ShownRun | null;
  nameOf: (id: string) => string;
  top: number;
  selected: boolean;
  onSelect: () => void;
}) {
  const { node, heading } = props.row;
  const after = node.dependencies.map(({ parentId, on }) =>
    on === "success" ? props.nameOf(parentId) : `${props.nameOf(parentId)} ${CONDITION_WORDS[on]}`,
  );
  const words = [
    props.run === null ? "no run yet" : SCHEDULED_STATE_WORDS[props.run.state].toLowerCase(),
    ...(after.length === 0 ? [] : [`after ${listNames(after)}`]),
  ].join(" · ");
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the list is the keyboard stop, its options are pointed at by aria-activedescendant
    // biome-ignore lint/a11y/useKeyWithClickEvents: keys are heard by the list
    <div
      id={props.domId}
      role="option"
      aria-selected={props.selected}
      onClick={props.onSelect}
      className="absolute inset-x-0 top-0 px-2"
      style={{ transform: `translateY(${props.top}px)` }}
    >
      {heading === null ? null : (
        <span
          aria-hidden
          className="flex items-end px-1.5 pb-1 text-2xs font-medium text-ink-3"
          style={{ height: HEADING_HEIGHT }}
        >
          {heading}
        </span>
      )}
      <span
        className={classNames(
          "flex flex-col justify-center rounded-md px-1.5",
          props.selected ? "bg-accent-soft" : "hover:bg-sunken",
        )}
        style={{ height: ROW_HEIGHT }}
      >
        <span className="truncate text-sm" title={node.name}>
          {node.name}
        </span>
        <span className="truncate text-2xs text-ink-2" title={words}>
          {words}
        </span>
      </span>
    </div>
  );
}

function listRows(nodes: readonly GraphNode[], words: readonly string[]): ListRow[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parts = connectedParts(topologyOf(nodes));
  const connected = parts.filter((part) => part.length > 1);
  const single = parts.filter((part) => part.length === 1).flat();
  const rows: ListRow[] = [];
  const push = (ids: readonly string[], heading: string) => {
    // In the order in which they run.
    const members = parentsFirst(topologyOf(ids.flatMap((id) => byId.get(id) ?? []))).flatMap(
      ({ id }) => byId.get(id) ?? [],
    );
    const found = members.filter(({ name }) => matchesAll(name.toLowerCase(), words));
    for (const [at, node] of found.entries()) rows.push({ node, heading: at === 0 ? heading : null });
  };
  for (const part of connected) push(part, `Connected: ${plural(part.length, "schedule")}`);
  if (single.length > 0) push(single, `Alone: ${plural(single.length, "schedule")}`);
  return rows;
}
