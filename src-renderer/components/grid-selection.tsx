/** Selecting rows of a DataGrid: one by one, a range by Shift, all that are shown. */
import { useCallback, useEffect, useRef } from "react";
import { shareOf, withAllToggled, withToggled } from "./selection-set.ts";

export interface Picker {
  has: (id: string) => boolean;
  /** @param range from the row toggled last to this one */
  toggle: (id: string, range: boolean) => void;
  /** All that are shown besides those selected already; where all are, they are taken out. */
  all: () => void;
  share: "none" | "some" | "all";
}

interface Selection {
  readonly ids: ReadonlySet<string>;
  onChange: (ids: ReadonlySet<string>) => void;
}

/** Null where rows cannot be selected. `rows` in the order they are shown. */
export function usePicker(selection: Selection | undefined, rows: readonly { readonly id: string }[]): Picker | null {
  const anchor = useRef<string | null>(null);
  // The rows of a grid are memoized: what they are handed must stay the same function.
  const latest = useRef({ selection, rows });
  useEffect(() => {
    latest.current = { selection, rows };
  });
  const toggle = useCallback((id: string, range: boolean) => {
    const now = latest.current;
    if (now.selection === undefined) return;
    const ids = now.rows.map((row) => row.id);
    now.selection.onChange(withToggled(now.selection.ids, ids, id, range ? anchor.current : null));
    anchor.current = id;
  }, []);
  if (selection === undefined) return null;
  const { ids, onChange } = selection;
  const shown = rows.map(({ id }) => id);
  return {
    has: (id) => ids.has(id),
    toggle,
    all: () => onChange(withAllToggled(ids, shown)),
    share: shareOf(ids, shown),
  };
}

/** A box that is no keyboard stop of its own: the grid is one, with Space. */
export function SelectBox(props: {
  label: string;
  state: "none" | "some" | "all";
  onToggle: (range: boolean) => void;
}) {
  const { state } = props;
  return (
    <input
      type="checkbox"
      tabIndex={-1}
      aria-label={props.label}
      checked={state === "all"}
      ref={(box) => {
        if (box !== null) box.indeterminate = state === "some";
      }}
      onChange={(event) => props.onToggle("shiftKey" in event.nativeEvent && event.nativeEvent.shiftKey === true)}
      onDoubleClick={(event) => event.stopPropagation()}
      className="size-3.5 accent-accent"
    />
  );
}
