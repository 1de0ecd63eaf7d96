/**
 * Where a key moves the mark in a list of rows.
 * @param from index of the marked row, -1 for none  @param page rows a page key moves
 * @returns the new index, or null when the key is not a moving one or there are no rows
 */
export function nextRowIndex(key: string, from: number, count: number, page: number): number | null {
  if (count === 0) return null;
  const last = count - 1;
  const within = (index: number) => Math.min(last, Math.max(0, index));
  switch (key) {
    case "ArrowDown":
      return within(from + 1);
    case "ArrowUp":
      return within(from < 0 ? 0 : from - 1);
    case "PageDown":
      return within(Math.max(from, 0) + page);
    case "PageUp":
      return within(from - page);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return null;
  }
}
