/** Reads YAML or JSON that somebody wrote. The text is not trusted: its repetitions are bounded, and it makes nothing but plain data. */
import { isMap, LineCounter, type ParsedNode, parseDocument, visit } from "yaml";

/** How often a part may be named again (`*name`) in all, so that a few lines cannot become gigabytes. */
const MAX_ALIASES = 100;

/** Deeper than anything that is meant. The reader's work grows with the square of the depth. */
const MAX_DEPTH = 500;
/** Longest YAML, in characters. It is read at some 0.3 MiB a second and with 150 bytes of memory for each: JSON may be longer. */
export const MAX_YAML = 2 * 2 ** 20;

/** So much of a long text is read first: what is no YAML shows there, and a mistake in every line is not waited for. */
const HEAD = 32 * 1024;
const MOST_ERRORS = 20;
/** Of a map at the top of the text. */
const MOST_FIELDS = 100;
/** Comparisons of keys, which come to half the square of their number in a map: many schedules have some six hundred each. */
const MOST_COMPARISONS = 4_000_000;

/** Lists in lists in lists on one line. */
const LISTS = new RegExp(`^(?:[ \\t]*[-?:][ \\t]+){${MAX_DEPTH}}`, "m");

function isTooDeep(text: string): boolean {
  let depth = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === "[" || bracket === "{" ? 1 : -1;
    if (depth > MAX_DEPTH) return true;
  }
  return LISTS.test(text);
}

/** @returns the data, or what is wrong, with the line */
export function readDataText(text: string): { data: unknown } | { problems: string[] } {
  try {
    // JSON is YAML too, but is read as what it is many times faster.
    if (text.trimStart().startsWith("{")) return { data: JSON.parse(text) };
  } catch {
    // Perhaps YAML in braces. If not, its error names the line.
  }
  if (text.length > MAX_YAML) {
    return { problems: [`The text is too long: as YAML it may have ${MAX_YAML} characters, as JSON more.`] };
  }
  if (isTooDeep(text)) return { problems: ["The text cannot be read: it is nested too deep."] };
  if (text.length > HEAD) {
    const head = readYaml(text.slice(0, text.lastIndexOf("\n", HEAD) + 1 || HEAD));
    if ("problems" in head) return head;
    // What is cut off makes a mistake or two.
    if (head.mistakes.length > MOST_ERRORS) return { problems: head.mistakes.slice(0, MOST_ERRORS) };
    if (head.fields === null || head.fields > MOST_FIELDS) {
      return { problems: ["The text cannot be read: it is none of fields and their values."] };
    }
  }
  const whole = readYaml(text);
  if ("problems" in whole) return whole;
  if (whole.mistakes.length > 0) return { problems: whole.mistakes };
  try {
    return { data: whole.toData() };
  } catch (thrown) {
    return cannotBeRead(thrown);
  }
}

interface ReadYaml {
  /** The first hundred, with their places. */
  readonly mistakes: string[];
  /** Of the map that it is; null: it is none. */
  readonly fields: number | null;
  /** @throws Error where parts are repeated too often */
  toData(): unknown;
}

function readYaml(text: string): ReadYaml | { problems: string[] } {
  const lineCounter = new LineCounter();
  let comparisons = 0;
  const uniqueKeys = (a: ParsedNode, b: ParsedNode) => {
    comparisons += 1;
    if (comparisons > MOST_COMPARISONS) throw new Error("it has too many fields in one place");
    return a === b || ("value" in a && "value" in b && a.value === b.value);
  };
  try {
    // Places are looked up here, for a few: its own way takes the whole line along for each.
    const document = parseDocument(text, { prettyErrors: false, lineCounter, uniqueKeys });
    const mistakes = document.errors.slice(0, 100).map(({ message, pos }) => {
      const { line, col } = lineCounter.linePos(pos[0]);
      return `${message} at line ${line}, column ${col}.`;
    });
    const fields = isMap(document.contents) ? document.contents.items.length : null;
    visit(document, {
      Alias(_key, alias, above) {
        const named = alias.resolve(document);
        if (named !== undefined && above.includes(named)) throw new Error(`${alias.source} is part of itself`);
      },
    });
    return { mistakes, fields, toData: () => document.toJS({ maxAliasCount: MAX_ALIASES }) };
  } catch (thrown) {
    return cannotBeRead(thrown);
  }
}

function cannotBeRead(thrown: unknown): { problems: string[] } {
  // Too deep for it, or repeated too often.
  const why = thrown instanceof RangeError ? "it is nested too deep" : thrown instanceof Error ? thrown.message : "";
  return { problems: [`The text cannot be read: ${why}.`] };
}
