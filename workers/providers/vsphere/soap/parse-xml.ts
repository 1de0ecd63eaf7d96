/**
 * XML as it comes in, made into a tree: strict, without document types and so without entities beyond XML's five, and with limits
 * on bytes, depth, elements and text. Elements of one name can be handed out as they end, so that an answer of any length takes
 * constant memory.
 */
import { SaxesParser, type SaxesTagNS } from "saxes";
import { AppError } from "../../../../src-core/model/error.ts";
import { type XmlNode, XSI } from "./xml-node.ts";

export interface XmlLimits {
  /** Of the whole document. */
  readonly bytes: number;
  readonly depth: number;
  /** Elements held at once: those handed out do not count. */
  readonly elements: number;
  /** Characters of one element's text that are kept; the rest is dropped. */
  readonly text: number;
}

export const XML_LIMITS: XmlLimits = { bytes: 64 * 1024 * 1024, depth: 400, elements: 2_000_000, text: 64 * 1024 };

interface Open {
  readonly name: string;
  readonly space: string;
  readonly xsiType: string | null;
  readonly type: string | null;
  text: string;
  readonly children: XmlNode[];
}

export class XmlTreeParser {
  readonly #what: string;
  readonly #limits: XmlLimits;
  readonly #each: string | null;
  readonly #parser: SaxesParser<{ xmlns: true; position: true }>;
  readonly #decoder = new TextDecoder("utf-8");
  readonly #open: Open[] = [];
  #root: XmlNode | null = null;
  #taken: XmlNode[] = [];
  /** Open elements of the name that is handed out. */
  #inside = 0;
  #held = 0;
  #bytes = 0;

  /**
   * @param what names the document in errors, e.g. "the answer to Login of https://vc"
   * @param each local name of elements that are handed out as they end in place of being kept
   */
  constructor(what: string, limits: XmlLimits = XML_LIMITS, each: string | null = null) {
    this.#what = what;
    this.#limits = limits;
    this.#each = each;
    this.#parser = new SaxesParser({ xmlns: true, position: true });
    this.#parser.on("error", (error) => {
      // Names hold what somebody typed once; servers write even characters that XML has no way to write.
      if (/: disallowed character( entity)?\.$/.test(error.message)) return;
      throw this.#refuse(error.message.replace(/^[^ ]*\d+:\d+: /, ""));
    });
    this.#parser.on("doctype", () => {
      throw this.#refuse("it has a document type declaration, which is never needed and can do harm");
    });
    this.#parser.on("opentag", (tag) => this.#begin(tag));
    this.#parser.on("text", (text) => this.#text(text));
    this.#parser.on("cdata", (text) => this.#text(text));
    this.#parser.on("closetag", () => this.#end());
  }

  /** @returns the elements to be handed out that ended in this piece. @throws AppError source.protocol */
  write(piece: Uint8Array): XmlNode[] {
    this.#bytes += piece.length;
    if (this.#bytes > this.#limits.bytes) throw this.#refuse(`it is longer than ${this.#limits.bytes} bytes`);
    this.#parser.write(this.#decoder.decode(piece, { stream: true }));
    return this.#take();
  }

  /** The document is complete: its root. @throws AppError source.protocol where it is not */
  end(): XmlNode {
    this.#parser.write(this.#decoder.decode());
    this.#parser.close();
    if (this.#root === null) throw this.#refuse("it is empty");
    return this.#root;
  }

  #take(): XmlNode[] {
    if (this.#taken.length === 0) return [];
    const taken = this.#taken;
    this.#taken = [];
    return taken;
  }

  #begin(tag: SaxesTagNS): void {
    if (this.#open.length >= this.#limits.depth)
      throw this.#refuse(`elements are nested deeper than ${this.#limits.depth}`);
    this.#held++;
    if (this.#held > this.#limits.elements) throw this.#refuse(`it has more than ${this.#limits.elements} elements`);
    if (tag.local === this.#each) this.#inside++;
    let xsiType: string | null = null;
    let type: string | null = null;
    for (const attribute of Object.values(tag.attributes)) {
      if (attribute.local !== "type") continue;
      if (attribute.uri === XSI) xsiType = attribute.value.slice(attribute.value.indexOf(":") + 1);
      else if (attribute.uri === "") type = attribute.value;
    }
    this.#open.push({ name: tag.local, space: tag.uri, xsiType, type, text: "", children: [] });
  }

  #text(text: string): void {
    const open = this.#open.at(-1);
    if (open === undefined) return;
    const room = this.#limits.text - open.text.length;
    if (room > 0) open.text += text.length > room ? text.slice(0, room) : text;
  }

  #end(): void {
    const open = this.#open.pop();
    if (open === undefined) return;
    // A copy: the text is a window into the piece it came in, and would keep all of that.
    const node: XmlNode = { ...open, text: open.children.length > 0 ? "" : Buffer.from(open.text).toString() };
    const parent = this.#open.at(-1);
    if (open.name === this.#each) {
      this.#inside--;
      if (this.#inside === 0) {
        this.#taken.push(node);
        this.#held = this.#open.length;
        return;
      }
    }
    if (parent === undefined) this.#root = node;
    else parent.children.push(node);
  }

  #refuse(why: string): AppError {
    return new AppError("source.protocol", `${this.#what} cannot be read: ${why} (line ${this.#parser.line})`);
  }
}
