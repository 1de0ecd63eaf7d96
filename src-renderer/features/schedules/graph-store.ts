/** What only this window knows of the graph: edits that are not saved, where things stand, what is selected. Kept while the page is open. */
import { create } from "zustand";
import type { ScheduleRow } from "../../../src-core/model/schedule-view.ts";
import { announce } from "../../components/announcer.tsx";
import type { Draft, Edit } from "./graph-draft.ts";
import { type Action, type History, NO_HISTORY, reduceHistory } from "./graph-history.ts";
import type { Point } from "./graph-layout.ts";
import type { Selection } from "./graph-moves.ts";

interface GraphState {
  history: History;
  /** Of every schedule that was drawn once: it stays where it is until somebody tidies up. */
  places: ReadonlyMap<string, Point>;
  selection: Selection | null;
  /** The firing that is looked back at; null: the last run of each. */
  firingId: string | null;
  /** The longest way is shown. */
  critical: boolean;
  /** True when it was made; else `history.refusal` says why not. */
  edit: (rows: readonly ScheduleRow[], edit: Edit) => boolean;
  undo: () => void;
  redo: () => void;
  dismiss: () => void;
  startFrom: (draft: Draft) => void;
  place: (places: ReadonlyMap<string, Point>) => void;
  select: (selection: Selection | null) => void;
  lookBack: (firingId: string | null) => void;
  setCritical: (critical: boolean) => void;
}

export const useGraph = create<GraphState>((set, get) => {
  const dispatch = (action: Action) => {
    const history = reduceHistory(get().history, action);
    set({ history });
    if (history.said !== "") announce(history.said);
  };
  return {
    history: NO_HISTORY,
    places: new Map(),
    selection: null,
    firingId: null,
    critical: false,
    edit(rows, edit) {
      const before = get().history.present;
      dispatch({ kind: "edit", edit, rows });
      return get().history.present !== before;
    },
    undo: () => dispatch({ kind: "undo" }),
    redo: () => dispatch({ kind: "redo" }),
    dismiss: () => dispatch({ kind: "dismiss" }),
    startFrom: (draft) => dispatch({ kind: "start-from", draft }),
    place: (places) => set({ places }),
    select: (selection) => set({ selection }),
    lookBack: (firingId) => set({ firingId }),
    setCritical: (critical) => set({ critical }),
  };
});
