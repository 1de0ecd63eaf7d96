/** Answers as servers write them, and as somebody would who means harm. */
import { describe, expect, it } from "vitest";
import { AppError } from "../../../../src-core/model/error.ts";
import { XML_LIMITS, type XmlLimits, XmlTreeParser } from "./parse-xml.ts";
import { at, child, refAt } from "./read-value.ts";
import type { XmlNode } from "./xml-node.ts";

function parse(text: string, limits: XmlLimits = XML_LIMITS, pieceBytes = 7): XmlNode {
  const parser = new XmlTreeParser("the answer", limits);
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length; done += pieceBytes) parser.write(bytes.subarray(done, done + pieceBytes));
  return parser.end();
}

function refusal(text: string, limits?: XmlLimits): AppError {
  try {
    parse(text, limits);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("answers", () => {
  it.each([
    [
      "vCenter's prefix",
      `<r xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><val type="Folder" xsi:type="ManagedObjectReference">group-1</val></r>`,
    ],
    [
      "Go's prefix",
      `<r><val type="Folder" xmlns:XMLSchema-instance="http://www.w3.org/2001/XMLSchema-instance" XMLSchema-instance:type="ManagedObjectReference">group-1</val></r>`,
    ],
    [
      "the type with a prefix of its own",
      `<r xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns:v="urn:vim25"><val i:type="v:ManagedObjectReference" type="Folder">group-1</val></r>`,
    ],
  ])("keep the type of a value apart from that of a reference: %s", (_, text) => {
    const node = parse(text);
    expect(refAt(node, "val")).toEqual({ type: "Folder", id: "group-1" });
    expect(child(node, "val")?.xsiType).toBe("ManagedObjectReference");
  });

  it("take no other namespace's type for theirs", () => {
    expect(child(parse(`<r xmlns:o="urn:other"><val o:type="X">1</val></r>`), "val")).toMatchObject({
      xsiType: null,
      type: null,
    });
  });

  it("leave names as they are: numbers, entities, letters of two pieces", () => {
    const node = parse("<r><a>0012</a><b>1e5</b><c>&lt;a&amp;&#x1F600;ü€</c><d> x </d></r>", XML_LIMITS, 1);
    expect(node.children.map(({ text }) => text)).toEqual(["0012", "1e5", "<a&😀ü€", " x "]);
  });

  it("may hold characters that XML has no way to write", () => {
    expect(at(parse("<r><name>a\u0001b</name></r>"), "name")?.text).toContain("a");
  });

  it("hand out elements of a name as they end, and keep the rest", () => {
    const parser = new XmlTreeParser("the answer", { ...XML_LIMITS, elements: 6 }, "objects");
    const got: XmlNode[] = [];
    got.push(...parser.write(Buffer.from("<r><returnval>")));
    // Many more than may be held.
    for (let n = 0; n < 1000; n++) got.push(...parser.write(Buffer.from(`<objects><obj>${n}</obj></objects>`)));
    parser.write(Buffer.from("<token>t</token></returnval></r>"));
    expect(got.map((node) => child(node, "obj")?.text)).toEqual(Array.from({ length: 1000 }, (_, n) => String(n)));
    expect(at(parser.end(), "returnval")?.children.map(({ name }) => name)).toEqual(["token"]);
  });
});

describe("hostile answers are refused by name", () => {
  it.each([
    ["document type", `<!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>`, /document type/],
    ["document type from outside", `<!DOCTYPE r SYSTEM "file:///etc/passwd"><r/>`, /document type/],
    ["unknown entity", "<r>&bomb;</r>", /entity/],
    ["cut off", "<r><a>", /unclosed/],
    ["no XML", "503 Service Unavailable", /text data outside of root/i],
    ["nothing", "", /document must contain a root element|it is empty/],
    ["unbound prefix", "<x:r/>", /unbound namespace prefix/],
  ])("%s", (_, text, why) => {
    const error = refusal(text);
    expect(error.code).toBe("source.protocol");
    expect(error.message).toMatch(why);
    expect(error.message).toContain("the answer");
  });

  it("depth, elements and bytes have limits", () => {
    expect(refusal("<a>".repeat(401)).message).toContain("nested deeper than 400");
    expect(refusal(`<r>${"<a/>".repeat(20)}</r>`, { ...XML_LIMITS, elements: 20 }).message).toContain(
      "more than 20 elements",
    );
    expect(refusal(`<r>${"x".repeat(200)}</r>`, { ...XML_LIMITS, bytes: 100 }).message).toContain(
      "longer than 100 bytes",
    );
  });

  it("a text without end is cut, not kept", () => {
    expect(parse(`<r><name>${"x".repeat(500_000)}</name></r>`, XML_LIMITS, 65_536).children[0]?.text.length).toBe(
      XML_LIMITS.text,
    );
  });
});
