/** Undo and redo of the graph's edits. Pure. */
import type { ScheduleRow } from "../../../src-core/model/schedule-view.ts";
import { applyEdit, type Draft, type Edit, EMPTY_DRAFT, type Refusal } from "./graph-draft.ts";

/** More steps back than anybody takes. */
const MOST_STEPS = 500;

interface Step {
  readonly draft: Draft;
  /** The edit between this draft and the present one. */
  readonly words: string;
}

export interface History {
  readonly past: readonly Step[];
  readonly present: Draft;
  readonly future: readonly Step[];
  /** Why the last edit was not made; null once another was. */
  readonly refusal: Refusal | null;
  /** What happened last, to be said aloud. */
  readonly said: string;
}

export type Action =
  | { readonly kind: "edit"; readonly edit: Edit; readonly rows: readonly ScheduleRow[] }
  | { readonly kind: "undo" | "redo" | "dismiss" }
  /** Nothing to undo is left: what is saved has changed. */
  | { readonly kind: "start-from"; readonly draft: Draft };

export const NO_HISTORY: History = { past: [], present: EMPTY_DRAFT, future: [], refusal: null, said: "" };

export function reduceHistory(history: History, action: Action): History {
  const { past, present, future } = history;
  switch (action.kind) {
    case "edit": {
      const outcome = applyEdit(action.rows, present, action.edit);
      if ("refusal" in outcome)
        return { ...history, refusal: outcome.refusal, said: `Refused. ${outcome.refusal.message}` };
      const { draft, words } = outcome;
      const steps = [...past, { draft: present, words }].slice(-MOST_STEPS);
      return { past: steps, present: draft, future: [], refusal: null, said: `${words}.` };
    }
    case "undo": {
      const step = past.at(-1);
      if (step === undefined) return { ...history, said: "Nothing to undo." };
      return {
        past: past.slice(0, -1),
        present: step.draft,
        future: [...future, { draft: present, words: step.words }],
        refusal: null,
        said: `Undone: ${step.words}.`,
      };
    }
    case "redo": {
      const step = future.at(-1);
      if (step === undefined) return { ...history, said: "Nothing to redo." };
      return {
        past: [...past, { draft: present, words: step.words }],
        present: step.draft,
        future: future.slice(0, -1),
        refusal: null,
        said: `Done again: ${step.words}.`,
      };
    }
    case "dismiss":
      return { ...history, refusal: null };
    case "start-from":
      return { ...NO_HISTORY, present: action.draft };
  }
}
