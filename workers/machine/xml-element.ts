/** Writes XML 1.0: elements as values, and their text, in which nothing that a machine is called can break out of its place. */

export interface XmlElement {
  readonly name: string;
  /** In the order in which they are written. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Elements, or the text between the tags. */
  readonly content: readonly XmlElement[] | string;
}

/** An element. Members of `content` that are null are left out. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string>>,
  content: readonly (XmlElement | null)[] | string = [],
): XmlElement {
  return {
    name,
    attributes,
    content: typeof content === "string" ? content : content.filter((one) => one !== null),
  };
}

/** A document in UTF-8, two spaces a level. It follows from the value alone. */
export function xmlDocument(root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${written(root, "")}`;
}

function written({ name, attributes, content }: XmlElement, indent: string): string {
  const start = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value, /[&<>"\t\n\r]/g)}"`);
  const open = `${indent}<${name}${start.join("")}`;
  if (content.length === 0) return `${open}/>\n`;
  if (typeof content === "string") return `${open}>${escaped(content, /[&<>\r]/g)}</${name}>\n`;
  return `${open}>\n${content.map((child) => written(child, `${indent}  `)).join("")}${indent}</${name}>\n`;
}

const ENTITY = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
]);

/** `special`: readers would take these for markup, or make spaces of them. What is no character of XML becomes U+FFFD. */
function escaped(text: string, special: RegExp): string {
  return [...text]
    .map((char) => (isXmlChar(char.codePointAt(0) ?? 0) ? char : "\ufffd"))
    .join("")
    .replace(special, (char) => ENTITY.get(char) ?? `&#${char.charCodeAt(0)};`);
}

/** XML 1.0, production 2, "Char"; halves of surrogate pairs are none. */
function isXmlChar(code: number): boolean {
  if (code < 0x20) return code === 0x9 || code === 0xa || code === 0xd;
  return code < 0xd800 || (code > 0xdfff && code !== 0xfffe && code !== 0xffff);
}
