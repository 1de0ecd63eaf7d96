/** Aligned columns for terminals. */

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

/** Control characters would let a file name move the cursor or forge lines: they are shown as "?". */
export function plainText(text: string): string {
  return text.replace(/\p{Cc}/gu, "?");
}

/** A title line and one line a row, two spaces between columns, nothing after the last cell. Rows are cut by nobody. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const all = [columns.map((column) => column.title), ...rows.map((row) => row.map(plainText))];
  const widths = columns.map((_, at) => Math.max(...all.map((row) => row[at]?.length ?? 0)));
  return all.map((row) =>
    columns
      .map(({ align }, at) => {
        const cell = row[at] ?? "";
        const width = widths[at] ?? 0;
        return align === "right" ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd(),
  );
}

/** "  Name   value" lines with the values in one column. */
export function pairs(rows: readonly (readonly [string, string])[], indent = "  "): string[] {
  const width = Math.max(0, ...rows.map(([name]) => plainText(name).length));
  return rows.map(([name, value]) => `${indent}${plainText(name).padEnd(width)}  ${plainText(value)}`.trimEnd());
}
