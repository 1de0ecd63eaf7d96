/** Values out of an answer's elements: checked, with the place named. */
import { AppError } from "../../../../src-core/model/error.ts";
import type { XmlNode } from "./xml-node.ts";

/** A reference to a managed object: what kind it is, and its id within the server. */
export interface Ref {
  readonly type: string;
  readonly id: string;
}

export function child(node: XmlNode | null | undefined, name: string): XmlNode | null {
  return node?.children.find((one) => one.name === name) ?? null;
}

export function childrenOf(node: XmlNode | null | undefined, name: string): XmlNode[] {
  return node?.children.filter((one) => one.name === name) ?? [];
}

/** The element at the end of a path of names, or null. */
export function at(node: XmlNode | null | undefined, ...path: readonly string[]): XmlNode | null {
  let here: XmlNode | null = node ?? null;
  for (const name of path) here = child(here, name);
  return here;
}

/** Text at the end of a path; null where there is no such element. */
export function textAt(node: XmlNode | null | undefined, ...path: readonly string[]): string | null {
  return at(node, ...path)?.text ?? null;
}

/** As `textAt`. @throws AppError source.protocol where it is not there */
export function needText(node: XmlNode | null | undefined, ...path: readonly string[]): string {
  const text = textAt(node, ...path);
  if (text === null) throw missing(node, path);
  return text;
}

/** An xsd:int or xsd:long within ±2^53; null where there is none. @throws AppError source.protocol for anything else */
export function integerAt(node: XmlNode | null | undefined, ...path: readonly string[]): number | null {
  const text = textAt(node, ...path);
  return text === null ? null : integerOf(text, [node?.name ?? "", ...path].join("."));
}

export function needInteger(node: XmlNode | null | undefined, ...path: readonly string[]): number {
  const value = integerAt(node, ...path);
  if (value === null) throw missing(node, path);
  return value;
}

/** Where a number only informs: what is no number, or no size, is not known. */
export function sizeAt(node: XmlNode | null | undefined, ...path: readonly string[]): number | null {
  const text = textAt(node, ...path);
  if (text === null || !/^\+?\d{1,16}$/.test(text.trim())) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}

/** The text of an xsd:int or xsd:long as a number. */
export function integerOf(text: string, what: string): number {
  const trimmed = text.trim();
  const value = Number(trimmed);
  if (!/^[+-]?\d+$/.test(trimmed) || !Number.isSafeInteger(value)) {
    throw new AppError(
      "source.protocol",
      `${what} is '${trimmed.slice(0, 64)}', which is no number that can be dealt with`,
    );
  }
  return value;
}

/** xsd:boolean; null where there is none or what stands there is neither. */
export function booleanAt(node: XmlNode | null | undefined, ...path: readonly string[]): boolean | null {
  const text = textAt(node, ...path)?.trim();
  if (text === "true" || text === "1") return true;
  return text === "false" || text === "0" ? false : null;
}

/** xsd:dateTime as ISO in UTC; null where there is none that can be read. */
export function instantAt(node: XmlNode | null | undefined, ...path: readonly string[]): string | null {
  const text = textAt(node, ...path);
  const at = text === null ? Number.NaN : Date.parse(text.trim());
  // The schema of an instant knows four digits of a year.
  return at >= Date.UTC(0) && at < Date.UTC(10_000) ? new Date(at).toISOString() : null;
}

/** The element itself as a reference; null where it is none. */
export function refOf(node: XmlNode | null | undefined): Ref | null {
  return node?.type && node.text !== "" && node.text.length <= 1024 ? { type: node.type, id: node.text } : null;
}

export function refAt(node: XmlNode | null | undefined, ...path: readonly string[]): Ref | null {
  return refOf(at(node, ...path));
}

export function needRef(node: XmlNode | null | undefined, ...path: readonly string[]): Ref {
  const ref = refAt(node, ...path);
  if (ref === null) throw missing(node, path);
  return ref;
}

function missing(node: XmlNode | null | undefined, path: readonly string[]): AppError {
  return new AppError("source.protocol", `an answer has no ${[node?.name ?? "element", ...path].join(".")}`);
}
