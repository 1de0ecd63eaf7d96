/** Selecting rows of a DataGrid: one by one, a range by Shift, all that are shown. */
import { useCallback, useEffect, useRef } from "react";

export interface Picker {
  has: (id: string) => boolean;
  /** @param range from the row toggled last to this one */
  toggle: (id: string, range: boolean) => void;
  /** All that are shown, or none where all are. */
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
    const ids = new Set(now.selection.ids);
    const on = !ids.has(id);
    const from = range ? now.rows.findIndex((row) => row.id === anchor.current) : -1;
    const to = now.rows.findIndex((row) => row.id === id);
    const meant = from < 0 ? [id] : now.rows.slice(Math.min(from, to), Math.max(from, to) + 1).map((row) => row.id);
    for (const one of meant) {
      if (on) ids.add(one);
      else ids.delete(one);
    }
    anchor.current = id;
    now.selection.onChange(ids);
  }, []);
  if (selection === undefined) return null;
  const { ids, onChange } = selection;
  const shown = ids.size === 0 ? 0 : rows.filter((row) => ids.has(row.id)).length;
  const share = shown === 0 ? "none" : shown === rows.length ? "all" : "some";
  return {
    has: (id) => ids.has(id),
    toggle,
    all: () => onChange(share === "all" ? new Set() : new Set(rows.map(({ id }) => id))),
    share,
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
