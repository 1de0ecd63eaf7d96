/** The tasks that a server is at, as changes of the inventory. */
import type { InventoryChange } from "../../../../src-core/model/inventory.ts";
import { clip, INVENTORY_TEXT } from "../../../../src-core/model/inventory-limits.ts";
import type { ObjectUpdate, Wanted } from "../calls/properties.ts";
import { refOf, sizeAt, textAt } from "../soap/read-value.ts";
import type { XmlNode } from "../soap/xml-node.ts";

export const TASKS_WANTED: Wanted = {
  type: "Task",
  paths: ["info.descriptionId", "info.name", "info.entity", "info.state", "info.progress", "info.error"],
};

/** A server lists 200 or so. */
const MOST = 2000;

type Told = Extract<InventoryChange, { type: "task" }>;

export class RecentTasks {
  readonly #tasks = new Map<string, Map<string, XmlNode>>();

  apply({ object: { id }, kind, changes }: ObjectUpdate): Told[] {
    if (kind === "leave" || id.length > INVENTORY_TEXT.id) {
      this.#tasks.delete(id);
      return [];
    }
    const known = this.#tasks.get(id) ?? new Map<string, XmlNode>();
    for (const [path, value] of changes) {
      if (value === null) known.delete(path);
      else known.set(path, value);
    }
    this.#tasks.delete(id);
    this.#tasks.set(id, known);
    const [oldest] = this.#tasks.keys();
    if (this.#tasks.size > MOST && oldest !== undefined) this.#tasks.delete(oldest);
    const task = taskOf(id, known);
    return task === null ? [] : [task];
  }
}

function taskOf(id: string, known: ReadonlyMap<string, XmlNode>): Told | null {
  const state = known.get("info.state")?.text;
  if (state !== "queued" && state !== "running" && state !== "success" && state !== "error") return null;
  const entity = refOf(known.get("info.entity"));
  const progress = sizeAt(known.get("info.progress"));
  const error = textAt(known.get("info.error"), "localizedMessage");
  return {
    type: "task",
    id,
    name: clip(
      nameOf(known.get("info.descriptionId")?.text || known.get("info.name")?.text || "task"),
      INVENTORY_TEXT.name,
    ),
    machineId: entity?.type === "VirtualMachine" ? entity.id : null,
    state,
    progressPercent: state === "success" ? 100 : progress === null ? null : Math.min(100, progress),
    error: error === null ? null : clip(error, INVENTORY_TEXT.message),
  };
}

/** "VirtualMachine.createSnapshot" and "CreateSnapshot_Task": "Create snapshot". */
function nameOf(id: string): string {
  const last =
    id
      .slice(0, 1024)
      .split(".")
      .at(-1)
      ?.replace(/_Task$/, "") ?? id;
  const words = last.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
