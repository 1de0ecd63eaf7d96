/** XML of answers written by hand, for tests. */
import { XmlTreeParser } from "../soap/parse-xml.ts";
import type { XmlNode } from "../soap/xml-node.ts";

/** An element as an answer has it: default namespace urn:vim25, types with the prefix that vCenter uses. */
export function vim(text: string): XmlNode {
  const root = text.replace(
    /^\s*<([\w.-]+)/,
    `<$1 xmlns="urn:vim25" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`,
  );
  const parser = new XmlTreeParser("a test's XML");
  parser.write(Buffer.from(root));
  return parser.end();
}
