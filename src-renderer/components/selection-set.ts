/** The sets of ids that selecting rows leads to. What was selected under other filters stays selected. */

/** How many of the rows shown are selected. */
export function shareOf(ids: ReadonlySet<string>, shown: readonly string[]): "none" | "some" | "all" {
  if (ids.size === 0) return "none";
  const count = shown.reduce((sum, id) => sum + Number(ids.has(id)), 0);
  return count === 0 ? "none" : count === shown.length ? "all" : "some";
}

/** All rows shown, added to those selected already; where all of them are selected, they are taken out. */
export function withAllToggled(ids: ReadonlySet<string>, shown: readonly string[]): Set<string> {
  const next = new Set(ids);
  const on = shareOf(ids, shown) !== "all";
  for (const id of shown) {
    if (on) next.add(id);
    else next.delete(id);
  }
  return next;
}

/** One row, or all from `anchor` to it where an anchor is given and shown: they become what that row becomes. */
export function withToggled(
  ids: ReadonlySet<string>,
  shown: readonly string[],
  id: string,
  anchor: string | null,
): Set<string> {
  const next = new Set(ids);
  const on = !ids.has(id);
  const from = anchor === null ? -1 : shown.indexOf(anchor);
  const to = shown.indexOf(id);
  const meant = from < 0 || to < 0 ? [id] : shown.slice(Math.min(from, to), Math.max(from, to) + 1);
  for (const one of meant) {
    if (on) next.add(one);
    else next.delete(one);
  }
  return next;
}
