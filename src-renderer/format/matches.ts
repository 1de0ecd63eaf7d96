/** Search as people type it: words in any order, any case, each must occur somewhere. */

/** The words of a query, lower case. */
export function searchWords(query: string): string[] {
  return query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
}

/** True when each word occurs in `text` (which must be lower case already). */
export function matchesAll(text: string, words: readonly string[]): boolean {
  return words.every((word) => text.includes(word));
}
