/**
 * Where things lie: what is known of folders, datacenters, clusters, hosts, pools, datastores and networks. Some of them are there for
 * the server's own sake (the four folders of a datacenter, the root pool of a cluster, the shell around a single host) and are left out
 * of what people see. Parents come from outside: they may be missing, or go round in a circle.
 */
import { clip, INVENTORY_TEXT } from "../../../../src-core/model/inventory-limits.ts";
import type { Ref } from "../soap/read-value.ts";

export interface Place {
  readonly ref: Ref;
  name: string;
  parent: Ref | null;
}

const MAX_LEVELS = 64;

export class PlaceTree {
  readonly #places = new Map<string, Place>();

  set(place: Place): void {
    this.#places.set(place.ref.id, place);
  }

  get(id: string): Place | null {
    return this.#places.get(id) ?? null;
  }

  delete(id: string): boolean {
    return this.#places.delete(id);
  }

  isHidden(id: string): boolean {
    const place = this.#places.get(id);
    return place === undefined || isHidden(place);
  }

  /** How many places are known above it. */
  depth(id: string): number {
    return [...this.#upwards(this.#places.get(id)?.parent ?? null)].length;
  }

  /** The closest place above that people see; null = none. */
  above(parent: Ref | null): string | null {
    for (const place of this.#upwards(parent)) if (!isHidden(place)) return place.ref.id;
    return null;
  }

  /** The inventory path as people see it, with the name at its end. */
  path(parent: Ref | null, name: string): string {
    const names = [name];
    for (const place of this.#upwards(parent)) if (!isHidden(place)) names.unshift(place.name);
    return clip(names.join("/"), INVENTORY_TEXT.path);
  }

  /** Ends at the top, where nothing is known, and where it would begin anew. */
  *#upwards(parent: Ref | null): Iterable<Place> {
    const seen = new Set<string>();
    for (let next = parent; next !== null && seen.size < MAX_LEVELS; ) {
      const place: Place | undefined = this.#places.get(next.id);
      if (place === undefined || seen.has(next.id)) return;
      seen.add(next.id);
      yield place;
      next = place.parent;
    }
  }

  /** The first on the way up that nothing is known of; null = the way ends well, or never. */
  firstUnknown(parent: Ref | null): string | null {
    let next = parent;
    for (const place of this.#upwards(parent)) next = place.parent;
    return next === null || this.#places.has(next.id) ? null : next.id;
  }

  /** Whether the way up from a place leads back to it. */
  circles(id: string): boolean {
    const seen = new Set<string>();
    for (
      let next = this.#places.get(id)?.parent ?? null;
      next !== null;
      next = this.#places.get(next.id)?.parent ?? null
    ) {
      if (next.id === id || seen.has(next.id)) return true;
      seen.add(next.id);
    }
    return false;
  }
}

function isHidden({ ref, parent }: Place): boolean {
  if (ref.type === "ComputeResource") return true;
  if (ref.type === "Folder") return parent?.type === "Datacenter";
  return (
    ref.type === "ResourcePool" && (parent?.type === "ComputeResource" || parent?.type === "ClusterComputeResource")
  );
}

/** Names hold `%`, `/` and `\` escaped. */
export function shownName(name: string): string {
  return clip(
    name.slice(0, 4096).replace(/%(2f|5c|25)/gi, (escaped) => decodeURIComponent(escaped)),
    INVENTORY_TEXT.name,
  );
}
