/** Reads YAML or JSON that somebody wrote. The text is not trusted: its repetitions are bounded, and it makes nothing but plain data. */
import { parseDocument } from "yaml";

/** How often a part may be named again (`*name`) in all, so that a few lines cannot become gigabytes. */
const MAX_ALIASES = 100;

/** @returns the data, or what is wrong, with the line */
export function readDataText(text: string): { data: unknown } | { problems: string[] } {
  try {
    // JSON is YAML too, but is read as what it is many times faster.
    if (text.trimStart().startsWith("{")) return { data: JSON.parse(text) };
  } catch {
    // Perhaps YAML in braces. If not, its error names the line.
  }
  try {
    const document = parseDocument(text);
    if (document.errors.length === 0) return { data: document.toJS({ maxAliasCount: MAX_ALIASES }) };
    return { problems: document.errors.map(({ message }) => `${(message.split("\n")[0] ?? "").replace(/:$/, "")}.`) };
  } catch (thrown) {
    // Too deep for it, or repeated too often.
    const why = thrown instanceof RangeError ? "it is nested too deep" : thrown instanceof Error ? thrown.message : "";
    return { problems: [`The text cannot be read: ${why}.`] };
  }
}
