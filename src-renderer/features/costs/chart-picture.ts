/** A chart of the page as a picture of its own: what the style sheet says is written into it, with title, legend and source. */

const STYLES = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-opacity",
  "stroke-width",
  "stroke-dasharray",
  "font-size",
] as const;
const MARGIN = 20;
const HEAD = 52;
const FOOT = 34;
const LEGEND_LINE = 18;
/** Letters of 11 px are about so wide. */
const LETTER = 6;
const FONT = "system-ui, sans-serif";

/** A name under the picture: a part of the bill, drawn as in the chart, or a line. */
export type LegendEntry =
  | { readonly kind: "part"; readonly label: string; readonly part: string }
  | { readonly kind: "line"; readonly label: string; readonly colour: string; readonly dash: string };

export interface PictureWords {
  readonly title: string;
  readonly subtitle: string;
  readonly footer: string;
  readonly legend: readonly LegendEntry[];
}

/** Copies `chart` so that it is drawn the same where there is no style sheet. */
function standAlone(chart: SVGSVGElement): SVGSVGElement {
  const copy = chart.cloneNode(true) as SVGSVGElement;
  const originals = [chart, ...chart.querySelectorAll<SVGElement>("*")];
  const copies = [copy, ...copy.querySelectorAll<SVGElement>("*")];
  for (const [at, original] of originals.entries()) {
    const element = copies[at];
    if (element === undefined) continue;
    const computed = getComputedStyle(original);
    element.removeAttribute("class");
    element.removeAttribute("style");
    for (const name of STYLES) element.setAttribute(name, computed.getPropertyValue(name));
    if (original.tagName === "text" || original.tagName === "tspan") element.setAttribute("font-family", FONT);
  }
  return copy;
}

function svgElement(name: string, attributes: Record<string, string | number>, text?: string): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text !== undefined) element.textContent = text;
  return element;
}

/** All charts of `container`'s first drawing, framed. @throws Error where nothing is drawn */
export function chartPicture(container: Element, words: PictureWords): { svg: string; width: number; height: number } {
  const chart = container.querySelector<SVGSVGElement>("svg.recharts-surface, svg.chart-surface");
  if (chart === null) throw new Error("There is no chart to make a picture of yet.");
  const { width: chartWidth, height: chartHeight } = chart.getBoundingClientRect();
  const width = Math.ceil(chartWidth) + 2 * MARGIN;
  const places = legendPlaces(words.legend, width);
  const legendHeight = ((places.at(-1)?.row ?? -1) + 1) * LEGEND_LINE;
  const height = Math.ceil(chartHeight) + HEAD + legendHeight + FOOT + MARGIN;
  const page = getComputedStyle(document.documentElement);
  const colour = (name: string) => page.getPropertyValue(name);
  const probe = resolver(container);
  const frame = svgElement("svg", { xmlns: "http://www.w3.org/2000/svg", width, height, "font-family": FONT });
  const ink = probe(colour("--ink"));
  const soft = probe(colour("--ink-2"));
  frame.append(
    svgElement("rect", { width, height, fill: probe(colour("--surface")) }),
    svgElement("text", { x: MARGIN, y: 28, "font-size": 16, "font-weight": 600, fill: ink }, words.title),
    svgElement("text", { x: MARGIN, y: 46, "font-size": 12, fill: soft }, words.subtitle),
  );
  const copy = standAlone(chart);
  copy.setAttribute("x", String(MARGIN));
  copy.setAttribute("y", String(HEAD + 8));
  copy.setAttribute("width", String(chartWidth));
  copy.setAttribute("height", String(chartHeight));
  const legendTop = HEAD + chartHeight + 22;
  for (const { entry, x, row } of places) {
    const y = legendTop + row * LEGEND_LINE;
    frame.append(swatch(entry, x, y, copy, probe));
    frame.append(svgElement("text", { x: x + 30, y, "font-size": 11, fill: soft }, entry.label));
  }
  frame.append(copy, svgElement("text", { x: MARGIN, y: height - 12, "font-size": 11, fill: soft }, words.footer));
  return { svg: new XMLSerializer().serializeToString(frame), width, height };
}

/** Beside each other, and on as many lines as that needs. */
function legendPlaces(legend: readonly LegendEntry[], width: number): { entry: LegendEntry; x: number; row: number }[] {
  let x = MARGIN;
  let row = 0;
  return legend.map((entry) => {
    const wide = 30 + entry.label.length * LETTER + 18;
    if (x + wide > width - MARGIN && x > MARGIN) {
      x = MARGIN;
      row++;
    }
    const place = { entry, x, row };
    x += wide;
    return place;
  });
}

/** As the chart draws it: its patterns have the part's name at the end of their ids. */
function swatch(
  entry: LegendEntry,
  x: number,
  y: number,
  chart: Element,
  probe: (value: string) => string,
): SVGElement {
  if (entry.kind === "line") {
    const at = { x1: x, x2: x + 24, y1: y - 4, y2: y - 4 };
    return svgElement("line", {
      ...at,
      stroke: probe(entry.colour),
      "stroke-width": 2.5,
      "stroke-dasharray": entry.dash || "none",
    });
  }
  const pattern = chart.querySelector(`pattern[id$="-${entry.part}"]`);
  return svgElement("rect", {
    x,
    y: y - 10,
    width: 24,
    height: 12,
    rx: 2,
    fill: pattern ? `url(#${pattern.id})` : "none",
  });
}

/** Colours of the style sheet as the page shows them: light-dark() and the like are resolved by the browser. */
function resolver(container: Element): (value: string) => string {
  return (value) => {
    const probe = document.createElement("span");
    probe.style.color = value;
    container.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };
}

/** As PNG, twice as fine as the screen's pixels. */
export async function toPng({ svg, width, height }: { svg: string; width: number; height: number }): Promise<Blob> {
  const image = new Image();
  // A data: address: pages may show no blob: as a picture.
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = width * 2;
  canvas.height = height * 2;
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("The browser gives no canvas.");
  context.scale(2, 2);
  context.drawImage(image, 0, 0, width, height);
  return await new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob === null ? reject(new Error("The picture could not be made.")) : resolve(blob)),
      "image/png",
    );
  });
}
