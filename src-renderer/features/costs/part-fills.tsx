/** Fills of the parts of a bill, for charts and their legends: a colour, and a pattern in it. */
import type { CostCategory } from "../../../src-core/model/price.ts";
import { PART_COLOURS, PART_PATTERNS, PART_WORDS, PARTS } from "./part-words.ts";

/** What `fill` says; `scope` is the id that was given to {@link PartFills}. */
export function partFill(scope: string, part: CostCategory): string {
  return `url(#${scope}-${part})`;
}

/** To be put into the <defs> of a chart. */
export function partFills(scope: string) {
  return (
    <defs>
      {PARTS.map((part) => (
        <pattern key={part} id={`${scope}-${part}`} width={8} height={8} patternUnits="userSpaceOnUse">
          <rect width={8} height={8} style={{ fill: PART_COLOURS[part] }} />
          {PART_PATTERNS[part] === "" ? null : (
            <path
              d={PART_PATTERNS[part]}
              style={{ stroke: "var(--surface)", strokeOpacity: 0.6, fill: "none" }}
              strokeWidth={part === "retrieval" ? 2.5 : 1.4}
              strokeLinecap="round"
            />
          )}
        </pattern>
      ))}
    </defs>
  );
}

/** Name and fill of each part. Its fills are its own: the chart's may not be there yet. */
export function PartLegend({ parts, scope }: { parts: readonly CostCategory[]; scope: string }) {
  return (
    <ul aria-label="Parts of the bill" className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-ink-2">
      {parts.map((part, at) => (
        <li key={part} className="flex items-center gap-1.5">
          <svg aria-hidden="true" width={14} height={12}>
            {at === 0 ? partFills(`${scope}-legend`) : null}
            <rect width={14} height={12} rx={2} fill={partFill(`${scope}-legend`, part)} />
          </svg>
          {PART_WORDS[part]}
        </li>
      ))}
    </ul>
  );
}
