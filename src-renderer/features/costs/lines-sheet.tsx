/** Every line of one class's bill with its arithmetic, month by month; what restoring costs; what all that rests on. */
import { ExternalLink } from "lucide-react";
import { useState } from "react";
import type { CostEstimate, CostLine, RestoreCost } from "../../../src-core/model/cost.ts";
import { Button } from "../../components/button.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { Facts } from "../../components/panel.tsx";
import { Select } from "../../components/select.tsx";
import { Sheet } from "../../components/sheet.tsx";
import { Tag } from "../../components/tag.tsx";
import { formatBytes } from "../../format/bytes.ts";
import { formatMoney, formatPrice, formatQuantity } from "../../format/money.ts";
import { useCostPlan } from "../../ui-state/cost-plan.ts";
import { bandWords, linesOf, sourceWords } from "./lines-view.ts";
import { PART_WORDS } from "./part-words.ts";
import { useEstimate } from "./use-estimate.ts";
import type { Plan } from "./use-plan.ts";

export function LinesSheet({ plan, id, onClose }: { plan: Plan; id: string; onClose: () => void }) {
  const offer = plan.offers.get(id);
  const choose = useCostPlan((state) => state.choose);
  const { estimate, error } = useEstimate(plan, offer);
  return (
    <Sheet
      title={estimate?.offer.label ?? id}
      description={
        estimate === null
          ? undefined
          : `${estimate.total === null ? `Unknown; at least ${formatMoney(estimate.atLeast, plan.currency)}` : formatMoney(estimate.total, plan.currency)} in all. Price book ${estimate.book.serial} of ${estimate.book.generatedAt.slice(0, 10)}.`
      }
      actions={
        <Button size="small" onClick={() => choose(id)} title="Use this class on the page Where it goes">
          Use for “Where it goes”
        </Button>
      }
      onClose={onClose}
    >
      {error !== null ? <ErrorCard title="This bill cannot be computed" error={error} /> : null}
      {estimate === null ? null : <Bill estimate={estimate} currency={plan.currency} />}
    </Sheet>
  );
}

function Bill({ estimate, currency }: { estimate: CostEstimate; currency: string }) {
  const [month, setMonth] = useState(0);
  const at = Math.min(month, estimate.months.length - 1);
  const lines = linesOf(estimate.lines, at);
  return (
    <div className="grid gap-5">
      {estimate.missing.length === 0 ? null : (
        <p className="rounded-md border border-warn/40 bg-warn-soft px-3 py-2">
          Missing in the price book: {estimate.missing.join(", ")}.
        </p>
      )}
      <div className="grid gap-4 md:grid-cols-2">
        <Facts
          rows={[
            { name: "First year", value: orShort(estimate.firstYear, estimate, currency) },
            { name: "Steady year", value: orShort(estimate.steadyYear, estimate, currency) },
            ...estimate.years.map(({ label, total }) => ({
              name: capital(label),
              value: formatMoney(total, currency),
            })),
          ]}
        />
        <Facts
          rows={[
            { name: "Restore all", value: <Restore cost={estimate.restoreEverything} currency={currency} /> },
            { name: "Restore newest", value: <Restore cost={estimate.restoreNewest} currency={currency} /> },
          ]}
        />
      </div>
      <section aria-label="Arithmetic">
        <div className="mb-2 flex flex-wrap items-center gap-2">
          <h3 className="font-semibold">Arithmetic of</h3>
          <Select
            label="Month"
            className="w-44"
            value={String(at)}
            onValueChange={(value) => setMonth(Number(value))}
            options={estimate.months.map(({ label }, index) => ({ value: String(index), label }))}
          />
          <span className="text-ink-2">{formatMoney(estimate.months[at]?.total ?? null, currency)}</span>
        </div>
        <LinesTable lines={lines} estimate={estimate} currency={currency} />
      </section>
      <section aria-label="Assumptions">
        <h3 className="mb-1 font-semibold">Assumptions</h3>
        <ul className="grid list-disc gap-0.5 pl-5 text-ink-2">
          {estimate.assumptions.map((text) => (
            <li key={text}>{text}</li>
          ))}
          <li>No taxes, support plans or contracts.</li>
        </ul>
      </section>
      <SourceList sources={estimate.sources} />
    </div>
  );
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function orShort(amount: string | null, { months }: CostEstimate, currency: string): string {
  return amount === null && months.length < 12 ? "the plan is shorter" : formatMoney(amount, currency);
}

function Restore({ cost, currency }: { cost: RestoreCost; currency: string }) {
  const wait =
    cost.waitHours === null
      ? "wait not known"
      : cost.waitHours.to === "0"
        ? "at once"
        : `after ${cost.waitHours.from} to ${cost.waitHours.to} h`;
  return (
    <>
      {formatMoney(cost.total, currency)}{" "}
      <span className="text-ink-2">
        for {formatBytes(cost.bytes)}, {wait}
      </span>
    </>
  );
}

function LinesTable({
  lines,
  estimate,
  currency,
}: {
  lines: readonly CostLine[];
  estimate: CostEstimate;
  currency: string;
}) {
  if (lines.length === 0) return <p className="text-ink-2">Nothing is charged in this month.</p>;
  return (
    <table className="w-full text-xs">
      <caption className="sr-only">Lines of the bill</caption>
      <thead>
        <tr className="border-b border-line text-left text-ink-2">
          <th scope="col" className="py-1 pr-3 font-medium">
            What
          </th>
          <th scope="col" className="py-1 pr-3 text-right font-medium">
            Quantity × unit price
          </th>
          <th scope="col" className="py-1 pr-3 text-right font-medium">
            Amount
          </th>
          <th scope="col" className="py-1 font-medium">
            Rule and source
          </th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no name of their own, and never change places
          <tr key={index} className="border-b border-line/60 align-top">
            <td className="py-1.5 pr-3">
              <span className="block font-medium">{line.meter}</span>
              <span className="text-ink-2">{PART_WORDS[line.category]}</span>
            </td>
            <td className="py-1.5 pr-3 text-right tabular-nums">
              <span className="block whitespace-nowrap" title={line.quantity}>
                {formatQuantity(line.quantity)} × {formatPrice(line.unitPrice, currency)}
              </span>
              <span className="text-ink-2">
                {line.unit}
                {line.per === "1" ? "" : ` ÷ ${line.per}`}
                {bandWords(line) === null ? "" : `; ${bandWords(line)}`}
              </span>
            </td>
            <td className="py-1.5 pr-3 text-right whitespace-nowrap tabular-nums" title={line.amount ?? "unknown"}>
              {line.amount === null ? <Tag tone="warn">unknown</Tag> : formatMoney(line.amount, currency)}
            </td>
            <td className="py-1.5">
              <span className="block">{line.rule}</span>
              <span className="text-ink-2">{sourceWords(estimate, line.source)}</span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function SourceList({ sources }: Pick<CostEstimate, "sources">) {
  return (
    <section aria-label="Sources">
      <h3 className="mb-1 font-semibold">Sources</h3>
      <ul className="grid gap-1 text-ink-2">
        {sources.map(({ id, title, url, readAt, kind }) => (
          <li key={id}>
            <a href={url} target="_blank" rel="noreferrer" className="underline">
              {title}
              <ExternalLink aria-hidden className="ml-1 inline size-3" />
            </a>
            , read {readAt}
            {kind === "unconfirmed" ? <Tag tone="warn">not confirmed</Tag> : null}
          </li>
        ))}
      </ul>
    </section>
  );
}
