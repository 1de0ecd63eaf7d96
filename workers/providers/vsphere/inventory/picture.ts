/**
 * What is known of a vCenter or host, kept up with its changes. Says which rows changed: an update that changes nothing people see is
 * no change, and a new picture after a new login is told as the difference to the old one.
 */
import { hash } from "node:crypto";
import type { InventoryChange, InventoryNode } from "../../../../src-core/model/inventory.ts";
import { clip, INVENTORY_COUNT, INVENTORY_TEXT } from "../../../../src-core/model/inventory-limits.ts";
import type { ObjectUpdate } from "../calls/properties.ts";
import { applyProperty, type MachineFacts, machineRow, noFacts } from "../machine/machine-row.ts";
import { type Ref, refOf } from "../soap/read-value.ts";
import { factsOf, kindOf } from "./place-facts.ts";
import { type Place, PlaceTree, shownName } from "./place-tree.ts";

/** Text of one property of a place: long enough for what is shown, as names come from anybody. */
const MAX_TEXT = 4096;

export class Picture {
  readonly places = new PlaceTree();
  readonly #texts = new Map<string, Map<string, string>>();
  readonly #machines = new Map<string, MachineFacts>();
  /** The rows that were given out, by id: what they hash to. */
  readonly #told = new Map<string, string>();
  /** Places that something lies in and of which nothing is known (yet). */
  readonly #missed = new Set<string>();
  /** What came since `beginAnew`. */
  #fresh: Set<string> | null = null;

  /** @returns what people see changed by it; places before what lies in them, as far as known */
  apply(updates: readonly ObjectUpdate[]): InventoryChange[] {
    const places = new Set<string>();
    const machines = new Set<string>();
    const gone: InventoryChange[] = [];
    let moved = false;
    for (const update of updates) {
      const { object, kind } = update;
      if (object.id.length > INVENTORY_TEXT.id) continue;
      if (kind === "leave") {
        moved = this.places.get(object.id) !== null || moved;
        gone.push(...this.#forget(object.id));
      } else if (object.type === "VirtualMachine") {
        if (this.#applyMachine(update)) machines.add(object.id);
      } else if (kindOf(object) !== null && this.#room(object.id) && !this.#machines.has(object.id)) {
        moved = this.#applyPlace(update) || moved;
        places.add(object.id);
      }
    }
    if (!moved) return [...gone, ...this.#tell(places, machines)];
    // A name or a place in the tree shows in everything below.
    return [...gone, ...this.#tell(new Set(this.#texts.keys()), new Set(this.#machines.keys()))];
  }

  get machineIds(): string[] {
    return [...this.#machines.keys()];
  }

  /** @param tags of all machines: who is not in it has none */
  setTags(tags: ReadonlyMap<string, readonly string[]>): InventoryChange[] {
    for (const [id, facts] of this.#machines) facts.tags = tags.get(id) ?? [];
    return this.#tell(new Set(), new Set(this.#machines.keys()));
  }

  /** A complete picture follows; what does not come again until `endAnew` is no more. */
  beginAnew(): void {
    this.#fresh = new Set();
  }

  endAnew(): InventoryChange[] {
    const fresh = this.#fresh;
    this.#fresh = null;
    if (fresh === null) return [];
    const old = [...this.#texts.keys(), ...this.#machines.keys()].filter((id) => !fresh.has(id));
    return old.flatMap((id) => this.#forget(id));
  }

  #room(id: string): boolean {
    return (
      this.#texts.has(id) || this.#machines.has(id) || this.#texts.size + this.#machines.size < INVENTORY_COUNT.entries
    );
  }

  #applyMachine({ object: { id }, kind, changes }: ObjectUpdate): boolean {
    if (!this.#room(id) || this.#texts.has(id)) return false;
    const known = this.#machines.get(id);
    const facts = kind === "enter" || known === undefined ? { ...noFacts(), tags: known?.tags ?? [] } : known;
    for (const [path, value] of changes) applyProperty(facts, path, value);
    this.#machines.set(id, facts);
    this.#fresh?.add(id);
    return true;
  }

  /** @returns whether that changes where other things lie */
  #applyPlace({ object, kind, changes }: ObjectUpdate): boolean {
    const before = this.places.get(object.id);
    const place: Place = { ref: object, name: before?.name ?? "", parent: before?.parent ?? null };
    const texts =
      kind === "enter" ? new Map<string, string>() : (this.#texts.get(object.id) ?? new Map<string, string>());
    for (const [path, value] of changes) {
      if (path === "name") place.name = shownName(value?.text ?? "");
      else if (path === "parent") place.parent = refOf(value);
      else if (value === null) texts.delete(path);
      else texts.set(path, value.text.slice(0, MAX_TEXT));
    }
    this.#texts.set(object.id, texts);
    this.places.set(place);
    this.#fresh?.add(object.id);
    if (before === null) return this.#missed.delete(object.id);
    return before.name !== place.name || !sameRef(before.parent, place.parent);
  }

  #forget(id: string): InventoryChange[] {
    this.#texts.delete(id);
    this.#machines.delete(id);
    this.places.delete(id);
    return this.#told.delete(id) ? [{ type: "gone", id }] : [];
  }

  #tell(places: ReadonlySet<string>, machines: ReadonlySet<string>): InventoryChange[] {
    const changes: InventoryChange[] = [];
    const depths = [...places]
      .map((id) => ({ id, depth: this.places.depth(id) }))
      .sort((one, other) => one.depth - other.depth);
    for (const { id } of depths) {
      const node = this.#node(id);
      if (node === null) {
        if (this.#told.delete(id)) changes.push({ type: "gone", id });
      } else if (this.#isNews(id, node)) changes.push({ type: "node", node });
    }
    for (const id of machines) {
      const facts = this.#machines.get(id);
      if (facts === undefined) continue;
      this.#miss(facts.vApp ?? facts.parent);
      const machine = machineRow(id, facts, this.places);
      if (this.#isNews(id, machine)) changes.push({ type: "machine", machine });
    }
    return changes;
  }

  #miss(parent: Ref | null): void {
    const missing = this.places.firstUnknown(parent);
    if (missing !== null) this.#missed.add(missing);
  }

  #isNews(id: string, row: object): boolean {
    const text = hash("sha1", JSON.stringify(row), "base64");
    if (this.#told.get(id) === text) return false;
    this.#told.set(id, text);
    return true;
  }

  #node(id: string): InventoryNode | null {
    const place = this.places.get(id);
    const kind = place === null ? null : kindOf(place.ref);
    if (place === null || kind === null || this.places.isHidden(id)) return null;
    this.#miss(place.parent);
    const parentId = this.places.circles(id) ? null : this.places.above(place.parent);
    return {
      id,
      parentId,
      kind,
      name: clip(place.name, INVENTORY_TEXT.name),
      facts: factsOf(place.ref, this.#texts.get(id) ?? new Map()),
    };
  }
}

function sameRef(one: Ref | null, other: Ref | null): boolean {
  return one?.id === other?.id && one?.type === other?.type;
}
