/** "Connect to…": chooses, by typing a part of its name, what comes after a schedule or before it. */
import { Command } from "cmdk";
import { useState } from "react";
import type { ScheduleRow } from "../../../src-core/model/schedule-view.ts";
import { Dialog } from "../../components/dialog.tsx";
import { Segmented } from "../../components/segmented.tsx";
import { matchesAll, searchWords } from "../../format/matches.ts";
import type { GraphNode } from "./graph-draft.ts";
import { useGraph } from "./graph-store.ts";

interface ConnectDialogProps {
  rows: readonly ScheduleRow[];
  nodes: readonly GraphNode[];
  node: GraphNode;
  onClose: () => void;
}

/** Names listed at once: more would be scrolling, not finding. */
const SHOWN = 50;

export function ConnectDialog({ rows, nodes, node, onClose }: ConnectDialogProps) {
  const [query, setQuery] = useState("");
  const [side, setSide] = useState<"child" | "parent">("child");
  const words = searchWords(query);
  const connected = new Set(
    side === "parent"
      ? node.dependencies.map(({ parentId }) => parentId)
      : nodes.flatMap(({ id, dependencies }) =>
          dependencies.some(({ parentId }) => parentId === node.id) ? [id] : [],
        ),
  );
  const found = nodes.filter(
    ({ id, name }) => id !== node.id && !connected.has(id) && matchesAll(name.toLowerCase(), words),
  );
  const connect = (otherId: string) => {
    const [parentId, childId] = side === "child" ? [node.id, otherId] : [otherId, node.id];
    const { edit, select } = useGraph.getState();
    if (edit(rows, { kind: "connect", parentId, childId })) {
      select({ kind: "edge", parentId, childId, from: side === "child" ? "parent" : "child" });
    }
    onClose();
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={`Connect ${node.name} to…`}
      width="narrow"
    >
      <Segmented
        label="Which comes first"
        value={side}
        onValueChange={setSide}
        options={[
          { value: "child", label: `What comes after it` },
          { value: "parent", label: `What it comes after` },
        ]}
        className="mb-2"
      />
      <Command shouldFilter={false} loop label="Schedules to connect to" className="rounded-md border border-line">
        <Command.Input
          autoFocus
          value={query}
          onValueChange={setQuery}
          placeholder="Part of a schedule's name"
          className="h-10 w-full border-b border-line bg-transparent px-3 text-sm outline-none placeholder:text-ink-3"
        />
        <Command.List className="h-64 overflow-y-auto p-1">
          <Command.Empty className="px-3 py-6 text-center text-ink-2">No other schedule matches.</Command.Empty>
          {found.slice(0, SHOWN).map(({ id, name }) => (
            <Command.Item
              key={id}
              value={id}
              onSelect={() => connect(id)}
              className="flex h-8 items-center rounded-md px-2 data-[selected=true]:bg-accent-soft"
            >
              <span className="truncate">{name}</span>
            </Command.Item>
          ))}
          {found.length > SHOWN ? (
            <p className="px-2 py-1.5 text-xs text-ink-3">and {found.length - SHOWN} more: type a part of the name</p>
          ) : null}
        </Command.List>
      </Command>
    </Dialog>
  );
}
