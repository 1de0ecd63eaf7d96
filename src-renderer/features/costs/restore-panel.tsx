/** What reading any amount back costs, how long it takes, and what is to be done. */
import { useMemo, useState } from "react";
import type { Offer } from "../../../src-core/cost/offer.ts";
import { quoteRestore } from "../../../src-core/cost/restore.ts";
import type { CostEstimate, RestoreCost } from "../../../src-core/model/cost.ts";
import type { Destination } from "../../../src-core/model/price.ts";
import { toErrorData } from "../../app/error-data.ts";
import { ErrorCard } from "../../components/error-card.tsx";
import { Field } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import { Select } from "../../components/select.tsx";
import { formatBytes } from "../../format/bytes.ts";
import { formatMoney } from "../../format/money.ts";
import { hoursWords } from "./hours-words.ts";
import { NumberField } from "./number-field.tsx";
import { DESTINATION_WORDS } from "./part-words.ts";
import { speedIn } from "./use-estimate.ts";
import type { Plan } from "./use-plan.ts";

const GIB = 2 ** 30;

interface RestorePanelProps {
  plan: Plan;
  offer: Offer;
  estimate: CostEstimate;
}

export function RestorePanel({ plan, offer, estimate }: RestorePanelProps) {
  const { settled, currency } = plan;
  const [gib, setGib] = useState<number | null>(null);
  const [to, setTo] = useState<Destination>("internet");
  const [mbit, setMbit] = useState(500);
  const speeds = offer.class.retrieval;
  const [speed, setSpeed] = useState(speedIn(plan, offer) || (speeds[0]?.id ?? ""));
  const bytes = gib === null ? estimate.restoreNewest.bytes : Math.round(gib * GIB);
  const answers = useMemo(() => {
    const ask = {
      bytes,
      storedBytes: Math.max(bytes, estimate.restoreEverything.bytes),
      objectBytes: settled.kind === "job" ? settled.objectBytes : GIB,
      partBytes: settled.kind === "job" ? settled.partBytes : GIB,
      to,
      copyDays: 3,
      bitsPerSecond: mbit * 1e6,
      internetBytesPerMonth: settled.account.internetBytesPerMonth,
    };
    try {
      return {
        quotes: offer.class.retrieval.map((each) => ({ each, quote: quoteRestore(offer, { ...ask, speed: each.id }) })),
        error: null,
      };
    } catch (thrown) {
      return { quotes: [], error: toErrorData(thrown) };
    }
  }, [offer, bytes, estimate, settled, to, mbit]);
  const quote = answers.quotes.find(({ each }) => each.id === speed)?.quote;
  return (
    <Panel title="Restore quote" note={`from ${offer.class.label}`}>
      <div className="grid grid-cols-2 items-start gap-2.5">
        <NumberField
          label="Amount in GiB"
          hint={gib === null ? "The newest point at the plan's end." : formatBytes(bytes)}
          fractions
          value={Number((bytes / GIB).toFixed(3))}
          min={0}
          max={4_000_000}
          onChange={setGib}
        />
        <Field label="To">
          {(ids) => (
            <Select<Destination>
              {...ids}
              value={to}
              onValueChange={setTo}
              options={Object.entries(DESTINATION_WORDS).map(([value, label]) => ({
                value: value as Destination,
                label,
              }))}
            />
          )}
        </Field>
        <Field label="Speed">
          {(ids) => (
            <Select
              {...ids}
              value={speed}
              onValueChange={setSpeed}
              options={speeds.map(({ id, label }) => ({ value: id, label }))}
            />
          )}
        </Field>
        <NumberField label="Line in Mbit/s" value={mbit} min={1} max={1_000_000} onChange={setMbit} />
      </div>
      {answers.error !== null ? <ErrorCard error={answers.error} /> : null}
      {quote === undefined ? null : <Answer quote={quote} currency={currency} />}
      {answers.quotes.length < 2 ? null : (
        <table className="mt-3 w-full text-xs">
          <caption className="mb-1 text-left font-medium text-ink-2">Every speed</caption>
          <tbody>
            {answers.quotes.map(({ each, quote: other }) => (
              <tr key={each.id} className="border-t border-line/60">
                <th scope="row" className="py-1 pr-3 text-left font-normal">
                  {each.label}
                </th>
                <td className="py-1 pr-3 text-ink-2">{hoursWords(other)}</td>
                <td className="py-1 text-right whitespace-nowrap tabular-nums">{formatMoney(other.total, currency)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function Answer({ quote, currency }: { quote: RestoreCost; currency: string }) {
  return (
    <div className="mt-3 border-t border-line pt-3" aria-live="polite">
      <p className="text-base font-semibold">
        {quote.total === null ? "Unknown" : <data value={quote.total}>{formatMoney(quote.total, currency)}</data>}
        <span className="ml-2 text-sm font-normal text-ink-2">{hoursWords(quote)}</span>
      </p>
      {quote.missing.length === 0 ? null : <p className="text-warn">Missing: {quote.missing.join(", ")}.</p>}
      <ol className="mt-1.5 grid list-decimal gap-0.5 pl-5">
        {quote.steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
    </div>
  );
}
