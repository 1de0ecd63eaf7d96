/**
 * XML from libvirt as a tree. It comes from whoever may define machines: no document type, no entities beyond XML's five, bounded in
 * size, depth and number of elements.
 */
import { SaxesParser } from "saxes";
import { AppError } from "../../../src-core/model/error.ts";

const MAX_CHARACTERS = 4 * 1024 * 1024;
const MAX_DEPTH = 512;
const MAX_ELEMENTS = 100_000;
const MAX_TEXT = 64 * 1024;

export interface XmlElement {
  /** Without its prefix. */
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Its own text, trimmed. */
  readonly text: string;
}

interface Growing {
  name: string;
  attributes: Map<string, string>;
  children: Growing[];
  text: string;
}

/** @param what for errors: "the XML of web01" @throws AppError source.protocol */
export function parseXml(xml: string, root: string, what: string): XmlElement {
  const bad = (why: string) => new AppError("source.protocol", `${what}: ${why}`);
  if (xml.length > MAX_CHARACTERS) throw bad(`${xml.length} characters are more than is read`);
  const parser = new SaxesParser({ xmlns: true, position: true });
  const open: Growing[] = [];
  let top: Growing | null = null;
  let elements = 0;
  parser.on("error", (error) => {
    throw bad(`line ${parser.line}: ${error.message.slice(0, 200)}`);
  });
  parser.on("doctype", () => {
    throw bad("it has a document type");
  });
  parser.on("opentag", (tag) => {
    elements += 1;
    if (elements > MAX_ELEMENTS) throw bad(`more than ${MAX_ELEMENTS} elements`);
    if (open.length >= MAX_DEPTH) throw bad(`elements nested deeper than ${MAX_DEPTH}`);
    const attributes = new Map(
      Object.values(tag.attributes).map(({ local, value }) => [local, value.slice(0, MAX_TEXT)]),
    );
    const element: Growing = { name: tag.local, attributes, children: [], text: "" };
    open.at(-1)?.children.push(element);
    top ??= element;
    open.push(element);
  });
  parser.on("text", (text) => {
    const element = open.at(-1);
    if (element !== undefined && element.text.length < MAX_TEXT) element.text += text.slice(0, MAX_TEXT);
  });
  parser.on("cdata", (text) => {
    const element = open.at(-1);
    if (element !== undefined && element.text.length < MAX_TEXT) element.text += text.slice(0, MAX_TEXT);
  });
  parser.on("closetag", () => {
    const element = open.pop();
    if (element !== undefined) element.text = element.text.trim();
  });
  parser.write(xml).close();
  // TypeScript does not see that a callback set it.
  const found = top as Growing | null;
  if (found?.name !== root) throw bad(`the root element is ${found?.name ?? "missing"}, not ${root}`);
  return found;
}

/** The first child on a path of names, or undefined. */
export function child(element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>((from, name) => from?.children.find((one) => one.name === name), element);
}

export function children(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter((one) => one.name === name) ?? [];
}

/** An attribute, or null; an empty one is none. */
export function attribute(element: XmlElement | undefined, name: string): string | null {
  return element?.attributes.get(name) || null;
}

/** Text of a child on a path, or null; empty text is none. */
export function textOf(element: XmlElement | undefined, ...path: readonly string[]): string | null {
  return child(element, ...path)?.text || null;
}

/** Writes text into XML. */
export function escapeXml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&apos;",
  };
  // What XML 1.0 cannot hold, line breaks and tabs excepted.
  return text.replace(/(?![\n\r\t])[\p{Cc}\ufffe\uffff]/gu, " ").replace(/[&<>"']/g, (one) => names[one] ?? one);
}
