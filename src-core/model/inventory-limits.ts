/** How long and how many the parts of an inventory may be: what a source says is untrusted. Without schemas, for the threads that read sources. */

/** Longest texts in characters; longer ones are cut by {@link clip} where they come in. */
export const INVENTORY_TEXT = { id: 1024, name: 256, path: 2048, value: 1024, notes: 16_384, message: 2048 } as const;

/** Most entries of a list of one machine or node, and most machines and nodes of one source. */
export const INVENTORY_COUNT = {
  disks: 1000,
  chain: 256,
  nics: 256,
  snapshots: 2000,
  facts: 64,
  labels: 64,
  obstacles: 2000,
  batch: 500,
  entries: 100_000,
} as const;

/** Text as an inventory holds it: control characters become spaces, cut to `most` characters with an ellipsis as the last. */
export function clip(text: string, most: number): string {
  // Looked at no further than needed: a name of 10 MB is not walked to its end.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  const clean = text.slice(0, most + 1).replace(/[\u0000-\u001f\u007f]/g, " ");
  if (clean.length <= most) return clean;
  const cut = clean.slice(0, most - 1);
  // Half of a surrogate pair is no text.
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

/** As {@link clip} for text of several lines: line feeds stay. */
export function clipLines(text: string, most: number): string {
  return text
    .slice(0, most + 1)
    .replaceAll("\r\n", "\n")
    .split("\n")
    .map((line) => clip(line, most))
    .join("\n")
    .slice(0, most);
}
