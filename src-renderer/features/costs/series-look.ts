/** Lines of a chart: colour, dashes and the shape of their points, so that each is known without its colour. */
const LOOKS = [
  { colour: "var(--chart-1)", dash: "" },
  { colour: "var(--chart-2)", dash: "7 3" },
  { colour: "var(--chart-3)", dash: "2 3" },
  { colour: "var(--chart-4)", dash: "10 3 2 3" },
  { colour: "var(--chart-5)", dash: "4 2" },
  { colour: "var(--chart-6)", dash: "12 4" },
] as const;

export function seriesLook(at: number): (typeof LOOKS)[number] {
  return LOOKS[at % LOOKS.length] ?? LOOKS[0];
}
