/** The report as one page of A4. Loaded when somebody asks for it: the library is large. */
import { jsPDF } from "jspdf";
import type { CostCategory } from "../../../src-core/model/price.ts";
import { PART_WORDS, PARTS } from "./part-words.ts";
import type { Report } from "./report.ts";

/** Millimetres. */
const LEFT = 18;
const RIGHT = 192;
const BOTTOM = 282;
const WIDTH = RIGHT - LEFT;

type Rgb = readonly [number, number, number];
const INK: Rgb = [24, 36, 42];
const SOFT: Rgb = [88, 100, 106];
const LINE: Rgb = [214, 216, 212];
/** As on the pages in the light, in the order of the parts. */
const FILLS: Record<CostCategory, Rgb> = {
  storage: [24, 95, 142],
  requests: [207, 128, 32],
  retrieval: [38, 137, 106],
  egress: [185, 78, 148],
  "early-deletion": [173, 54, 20],
  fees: [62, 70, 74],
};

/** The library's own fonts know Latin letters only; others become a question mark rather than a wrong one. */
export function latin(text: string): string {
  return text
    .replaceAll("₂", "2")
    .replaceAll("−", "-")
    .replaceAll("→", "to")
    .replaceAll(/[\u2010-\u2015]/g, "-")
    .replaceAll(/[^\u0020-\u007e\u00a0-\u00ff€\u2018\u2019\u201c\u201d…]/g, "?");
}

export function reportPdf(report: Report): Blob {
  return drawReport(report).output("blob");
}

/** As a document, for who reads it back. */
export function drawReport(report: Report): jsPDF {
  // Not compressed: it is small, and its text can be searched by anything.
  const page = new Page(new jsPDF({ unit: "mm", format: "a4", compress: false }));
  page.doc.setProperties({ title: latin(report.title), creator: "HyperSDK Desktop" });
  page.line(report.title, { size: 17, bold: true, after: 5 });
  page.line(`${report.day}. ${report.book}`, { size: 9, colour: SOFT, after: 5 });
  page.pairs(report.plan);
  page.rule();
  if (report.best === null) {
    page.line("No class with known prices does what is asked.", { size: 12, bold: true, after: 4 });
  } else {
    page.line("Recommended", { size: 9, colour: SOFT, after: 5.5 });
    page.beside(report.best.label, report.best.total, 13);
    page.paragraph(report.best.reason, { colour: SOFT, most: 2 });
    page.space(1.5);
    page.pairs(report.facts);
  }
  if (report.next.length > 0) {
    page.heading("Why not the next two");
    for (const { label, total, reason } of report.next) {
      page.beside(label, total, 9.5);
      page.paragraph(reason, { colour: SOFT, most: 2 });
    }
  }
  if (report.bars.length > 0) {
    page.heading("The cheapest classes, each in its best region");
    page.bars(report.bars);
  }
  if (report.unknown !== null) page.paragraph(report.unknown, { colour: SOFT, most: 2 });
  page.heading("Assumptions");
  page.list(report.assumptions, 12);
  page.heading("Prices");
  page.list([...report.warnings, ...report.sources], 9);
  return page.doc;
}

/** Writes downwards; what no longer fits on the page is not begun. */
class Page {
  readonly doc: jsPDF;
  #y = 20;

  constructor(doc: jsPDF) {
    this.doc = doc;
  }

  space(mm: number): void {
    this.#y += mm;
  }

  #style(size: number, bold: boolean, colour: Rgb): void {
    this.doc.setFont("helvetica", bold ? "bold" : "normal").setFontSize(size);
    this.doc.setTextColor(...colour);
  }

  /** Cut with an ellipsis where it is wider than `width`. */
  #fitted(text: string, width: number): string {
    const whole = latin(text);
    if (this.doc.getTextWidth(whole) <= width) return whole;
    let cut = whole;
    while (cut.length > 1 && this.doc.getTextWidth(`${cut}…`) > width) cut = cut.slice(0, -1);
    return `${cut}…`;
  }

  #fits(mm: number): boolean {
    return this.#y + mm <= BOTTOM;
  }

  line(text: string, how: { size: number; bold?: boolean; colour?: Rgb; after: number }): void {
    if (!this.#fits(how.after)) return;
    this.#style(how.size, how.bold === true, how.colour ?? INK);
    this.doc.text(this.#fitted(text, WIDTH), LEFT, this.#y);
    this.#y += how.after;
  }

  heading(text: string): void {
    this.#y += 3.5;
    this.line(text, { size: 10.5, bold: true, after: 5 });
  }

  rule(): void {
    this.doc.setDrawColor(...LINE).setLineWidth(0.3);
    this.doc.line(LEFT, this.#y, RIGHT, this.#y);
    this.#y += 6;
  }

  /** A name at the left and an amount at the right. */
  beside(text: string, amount: string, size: number): void {
    if (!this.#fits(size / 2)) return;
    this.#style(size, true, INK);
    const right = latin(amount);
    this.doc.text(this.#fitted(text, WIDTH - this.doc.getTextWidth(right) - 6), LEFT, this.#y);
    this.doc.text(right, RIGHT, this.#y, { align: "right" });
    this.#y += size * 0.42;
  }

  paragraph(text: string, how: { colour?: Rgb; most: number }): void {
    this.#style(9, false, how.colour ?? INK);
    const lines: string[] = this.doc.splitTextToSize(latin(text), WIDTH);
    for (const each of lines.slice(0, how.most)) {
      if (!this.#fits(4)) return;
      this.#style(9, false, how.colour ?? INK);
      this.doc.text(each, LEFT, this.#y);
      this.#y += 4.2;
    }
    this.#y += 0.8;
  }

  /** Names and values in two columns; a value that is too wide for one has a line of its own. */
  pairs(rows: readonly (readonly [string, string])[]): void {
    this.#y += 2;
    let column = 0;
    for (const [name, value] of rows) {
      this.#style(9, false, INK);
      const indent = Math.max(30, this.doc.getTextWidth(latin(name)) + 3);
      const wide = indent + this.doc.getTextWidth(latin(value)) > WIDTH / 2 - 3;
      if (wide && column === 1) {
        column = 0;
        this.#y += 4.8;
      }
      if (!this.#fits(5)) return;
      const x = LEFT + column * (WIDTH / 2);
      this.#style(9, false, SOFT);
      this.doc.text(latin(name), x, this.#y);
      this.#style(9, false, INK);
      this.doc.text(this.#fitted(value, (wide ? WIDTH : WIDTH / 2 - 3) - indent), x + indent, this.#y);
      if (wide || column === 1) this.#y += 4.8;
      column = wide || column === 1 ? 0 : 1;
    }
    if (column === 1) this.#y += 4.8;
    this.#y += 1.2;
  }

  list(items: readonly string[], most: number): void {
    const shown = items.slice(0, most);
    for (const item of shown) {
      if (!this.#fits(4)) return;
      this.#style(8.5, false, SOFT);
      this.doc.text("•", LEFT, this.#y);
      this.doc.text(this.#fitted(item, WIDTH - 4), LEFT + 4, this.#y);
      this.#y += 4;
    }
    if (items.length > shown.length)
      this.line(`and ${items.length - shown.length} more`, { size: 8.5, colour: SOFT, after: 4 });
  }

  bars(bars: Report["bars"]): void {
    const label = 76;
    const amount = 26;
    const room = WIDTH - label - amount;
    const longest = Math.max(...bars.map(({ total }) => total), Number.MIN_VALUE);
    for (const bar of bars) {
      if (!this.#fits(6)) return;
      this.#style(8.5, false, INK);
      this.doc.text(this.#fitted(bar.label, label - 3), LEFT, this.#y + 3.3);
      let x = LEFT + label;
      for (const part of PARTS) {
        const width = (bar[part] / longest) * room;
        if (width <= 0) continue;
        this.doc.setFillColor(...FILLS[part]).rect(x, this.#y, width, 4.4, "F");
        x += width;
      }
      this.doc.text(latin(bar.words), RIGHT, this.#y + 3.3, { align: "right" });
      this.#y += 6;
    }
    this.#legend(PARTS.filter((part) => bars.some((bar) => bar[part] > 0)));
  }

  #legend(parts: readonly CostCategory[]): void {
    let x = LEFT + 76;
    this.#y += 1;
    for (const part of parts) {
      this.doc.setFillColor(...FILLS[part]).rect(x, this.#y, 3, 3, "F");
      this.#style(7.5, false, SOFT);
      this.doc.text(PART_WORDS[part], x + 4, this.#y + 2.5);
      x += 8 + this.doc.getTextWidth(PART_WORDS[part]);
    }
    this.#y += 8.5;
  }
}
