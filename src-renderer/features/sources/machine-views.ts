/** What a table of machines shows, and which kept view that is. */
import type { MachineFilterWord, SavedView } from "../../../src-core/model/machine-view.ts";

export interface MachineFilter {
  readonly search: string;
  readonly show: readonly MachineFilterWord[];
}

export const NO_FILTER: MachineFilter = { search: "", show: [] };

export type Sort = SavedView["sort"];

/** The kept view that is shown, by what it is and not by how one came to it; null where none is. */
export function viewInForce(views: readonly SavedView[], filter: MachineFilter, sort: Sort): SavedView | null {
  const words = [...filter.show].toSorted().join(" ");
  return (
    views.find(
      (view) =>
        view.search.trim() === filter.search.trim() &&
        [...view.show].toSorted().join(" ") === words &&
        // One that was kept without an order leaves the order as it is.
        (view.sort.length === 0 || sameSort(view.sort, sort)),
    ) ?? null
  );
}

function sameSort(a: Sort, b: Sort): boolean {
  return a.length === b.length && a.every(({ id, desc }, n) => b[n]?.id === id && b[n].desc === desc);
}
