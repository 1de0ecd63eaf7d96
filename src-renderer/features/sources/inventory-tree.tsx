import { useVirtualizer } from "@tanstack/react-virtual";
import { Box, Building2, ChevronRight, Folder, Layers, type LucideIcon, Server } from "lucide-react";
import { type KeyboardEvent, useId, useMemo, useRef, useState } from "react";
import type { NodeKind } from "../../../src-core/model/inventory.ts";
import { classNames } from "../../components/class-names.ts";
import { formatCount } from "../../format/bytes.ts";
import { type Tree, type TreeRow, treeRows } from "./tree-rows.ts";

const ICONS: Partial<Record<NodeKind, LucideIcon>> = {
  datacenter: Building2,
  cluster: Layers,
  host: Server,
  pool: Box,
};

interface InventoryTreeProps {
  tree: Tree;
  total: number;
  /** Null = all machines. */
  chosen: string | null;
  onChoose: (id: string | null) => void;
}

const ROW_HEIGHT = 28;

/** Where machines lie: choose a node to see only what is in it. One keyboard stop; arrows move, left closes, right opens. */
export function InventoryTree({ tree, total, chosen, onChoose }: InventoryTreeProps) {
  const treeId = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => treeRows(tree, closed), [tree, closed]);
  const virtualizer = useVirtualizer({
    count: rows.length + 1,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 10,
  });
  const chosenIndex = chosen === null ? 0 : rows.findIndex(({ node }) => node.id === chosen) + 1;
  const toggle = (id: string, open: boolean) => {
    const next = new Set(closed);
    if (open) next.delete(id);
    else next.add(id);
    setClosed(next);
  };
  const choose = (index: number) => {
    onChoose(rows[index - 1]?.node.id ?? null);
    virtualizer.scrollToIndex(index);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[chosenIndex - 1];
    if (event.key === "ArrowDown") choose(Math.min(rows.length, chosenIndex + 1));
    else if (event.key === "ArrowUp") choose(Math.max(0, chosenIndex - 1));
    else if (event.key === "Home") choose(0);
    else if (event.key === "End") choose(rows.length);
    else if (event.key === "ArrowLeft" && row?.open === true) toggle(row.node.id, false);
    else if (event.key === "ArrowLeft" && row?.node.parentId != null) onChoose(row.node.parentId);
    else if (event.key === "ArrowRight" && row?.hasChildren === true && !row.open) toggle(row.node.id, true);
    else return;
    event.preventDefault();
  };
  return (
    <section
      aria-label="Inventory"
      className="flex w-60 shrink-0 flex-col border-r border-line max-xl:w-52 max-lg:w-44 max-md:hidden"
    >
      <div
        ref={scroller}
        role="tree"
        aria-label="Where machines lie"
        tabIndex={0}
        aria-activedescendant={`${treeId}-${chosenIndex}`}
        onKeyDown={onKeyDown}
        className="min-h-0 flex-1 overflow-auto p-2"
      >
        <div className="relative" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map((item) => (
            <TreeItem
              key={item.key}
              domId={`${treeId}-${item.index}`}
              row={rows[item.index - 1] ?? null}
              total={total}
              top={item.start}
              chosen={item.index === chosenIndex}
              onChoose={() => choose(item.index)}
              onToggle={toggle}
            />
          ))}
        </div>
      </div>
    </section>
  );
}

interface TreeItemProps {
  domId: string;
  /** Null: all machines. */
  row: TreeRow | null;
  total: number;
  top: number;
  chosen: boolean;
  onChoose: () => void;
  onToggle: (id: string, open: boolean) => void;
}

function TreeItem({ domId, row, total, top, chosen, onChoose, onToggle }: TreeItemProps) {
  const Icon = row === null ? null : (ICONS[row.node.kind] ?? Folder);
  const depth = row === null ? 0 : row.depth;
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the tree is the keyboard stop, its items are pointed at by aria-activedescendant
    // biome-ignore lint/a11y/useKeyWithClickEvents: keys are heard by the tree
    <div
      id={domId}
      role="treeitem"
      aria-level={depth + 1}
      aria-selected={chosen}
      aria-expanded={row?.hasChildren === true ? row.open : undefined}
      onClick={onChoose}
      title={row?.node.name}
      style={{
        height: ROW_HEIGHT,
        transform: `translateY(${top}px)`,
        paddingLeft: `${0.25 + Math.min(depth, 12) * 0.7}rem`,
      }}
      className={classNames(
        "absolute inset-x-0 top-0 flex items-center gap-1.5 rounded-md pr-2 hover:bg-sunken",
        chosen && "bg-accent-soft font-medium hover:bg-accent-soft",
      )}
    >
      {row?.hasChildren === true ? (
        <ChevronRight
          aria-hidden
          onClick={(event) => {
            event.stopPropagation();
            onToggle(row.node.id, !row.open);
          }}
          className={classNames("size-4 shrink-0 text-ink-3", row.open && "rotate-90")}
        />
      ) : (
        <span className="size-4 shrink-0" />
      )}
      {Icon === null ? null : <Icon aria-hidden className="size-3.5 shrink-0 text-ink-3" />}
      <span className="truncate">{row === null ? "All machines" : row.node.name}</span>
      <span className="ml-auto pl-2 text-2xs font-normal text-ink-3">
        {formatCount(row === null ? total : row.machineCount)}
      </span>
    </div>
  );
}
