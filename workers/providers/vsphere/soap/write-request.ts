/** Requests as XML text. Every function escapes what it is given. */

import type { Ref } from "./read-value.ts";
import { SOAP, VIM, XSI } from "./xml-node.ts";

/** XML that is well-formed and escaped already: only this file makes it. */
export type Xml = string & { readonly __xml: true };

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Characters that XML cannot write are left out. */
function escaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is left out
  const writable = text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "");
  return writable.replace(/[&<>"']/g, (one) => ESCAPES[one] ?? one).replaceAll("\r", "&#13;");
}

const xml = (text: string): Xml => text as Xml;

/** An element with text; null = left out. */
export function value(name: string, content: string | number | boolean | null): Xml {
  return xml(content === null ? "" : `<${name}>${escaped(String(content))}</${name}>`);
}

export function ref(name: string, { type, id }: Ref): Xml {
  return xml(`<${name} type="${escaped(type)}">${escaped(id)}</${name}>`);
}

/** An element with elements in it. `type`: its xsi:type. */
export function element(name: string, content: readonly Xml[], type: string | null = null): Xml {
  return xml(`<${name}${type === null ? "" : ` xsi:type="${escaped(type)}"`}>${content.join("")}</${name}>`);
}

/** One element for each. */
export function values(name: string, contents: readonly (string | number)[]): Xml {
  return xml(contents.map((content) => value(name, content)).join(""));
}

export function refs(name: string, all: readonly Ref[]): Xml {
  return xml(all.map((one) => ref(name, one)).join(""));
}

/** The whole request. */
export function envelope(method: string, target: Ref, content: readonly Xml[]): string {
  return (
    `<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="${SOAP}" xmlns:xsi="${XSI}"><e:Body>` +
    `<${method} xmlns="${VIM}">${ref("_this", target)}${content.join("")}</${method}></e:Body></e:Envelope>`
  );
}
