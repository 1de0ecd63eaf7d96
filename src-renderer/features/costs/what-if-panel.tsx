/** The same plan in another class, another region, with other retention. */
import { useMemo, useState } from "react";
import { atSpeed } from "../../../src-core/cost/needs.ts";
import type { Offer } from "../../../src-core/cost/offer.ts";
import { whatIf } from "../../../src-core/cost/what-if.ts";
import { toErrorData } from "../../app/error-data.ts";
import { ErrorCard } from "../../components/error-card.tsx";
import { Panel } from "../../components/panel.tsx";
import { Segmented } from "../../components/segmented.tsx";
import { formatDifference, formatMoney } from "../../format/money.ts";
import { speedIn } from "./use-estimate.ts";
import type { Plan } from "./use-plan.ts";

const KINDS = [
  { value: "class", label: "Class" },
  { value: "region", label: "Region" },
  { value: "retention", label: "Retention" },
] as const;

export function WhatIfPanel({ plan, offer }: { plan: Plan; offer: Offer }) {
  const [kind, setKind] = useState<(typeof KINDS)[number]["value"]>("class");
  const { book, settled, fit, currency } = plan;
  const answer = useMemo(() => {
    try {
      return { changes: whatIf(book, atSpeed(settled, speedIn({ fit }, offer)), offer.key), error: null };
    } catch (thrown) {
      return { changes: null, error: toErrorData(thrown) };
    }
  }, [book, settled, fit, offer]);
  const rows = answer.changes?.[kind] ?? [];
  return (
    <Panel
      title="What if"
      actions={<Segmented label="What changes" value={kind} onValueChange={setKind} options={KINDS} />}
    >
      {answer.error !== null ? (
        <ErrorCard error={answer.error} />
      ) : rows.length === 0 ? (
        <p className="text-ink-2">There is nothing else to choose.</p>
      ) : (
        <section
          aria-label="Changes"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard
          tabIndex={0}
          className="max-h-64 overflow-y-auto"
        >
          <table className="w-full text-sm">
            <caption className="sr-only">What another {kind} would cost</caption>
            <tbody>
              {rows.map(({ label, summary, difference }) => (
                <tr key={label} className="border-b border-line/60">
                  <th scope="row" className="py-1 pr-3 text-left font-normal">
                    {label}
                  </th>
                  <td className="py-1 pr-3 text-right text-ink-2 tabular-nums">
                    {formatMoney(summary.total, currency)}
                  </td>
                  <td
                    className={`py-1 text-right tabular-nums ${difference?.startsWith("-") ? "text-ok" : "text-ink-2"}`}
                  >
                    {difference === null ? "" : formatDifference(difference, currency)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Panel>
  );
}
