/** The cheapest class that does what is asked, the next two and why not they, and the lifecycle rules that go with it. */
import { BadgeCheck, CircleHelp } from "lucide-react";
import { useMemo, useState } from "react";
import { lifecycleRules } from "../../../src-core/cost/lifecycle.ts";
import type { Offer } from "../../../src-core/cost/offer.ts";
import { toErrorData } from "../../app/error-data.ts";
import { CopyButton } from "../../components/copy-button.tsx";
import { Panel } from "../../components/panel.tsx";
import { Tag } from "../../components/tag.tsx";
import { formatCount } from "../../format/bytes.ts";
import { formatMoney } from "../../format/money.ts";
import { useCostPlan } from "../../ui-state/cost-plan.ts";
import { fastestHours } from "./compare-view.ts";
import { spanWords } from "./cost-form.ts";
import { NumberField } from "./number-field.tsx";
import { offerId } from "./offer-id.ts";
import { waitWords } from "./part-words.ts";
import type { Plan } from "./use-plan.ts";

/** Unknown classes that are named; the table has all. */
const NAMED = 3;
/** What scrolls must be reachable by the keyboard, though nothing in it can be pressed (WCAG 2.1.1). */
const SCROLLED_BY_KEYS = { tabIndex: 0 } as const;

export function RecommendationCard({ plan, onOpen }: { plan: Plan; onOpen: (id: string) => void }) {
  const form = useCostPlan((state) => state.form);
  const { recommendation, currency, offers } = plan;
  const { best, next, unknown } = recommendation;
  const offer = best === null ? undefined : offers.get(offerId(best.offer));
  if (best === null || offer === undefined) {
    return (
      <Panel title="Recommendation">
        <p className="text-ink-2">
          None: of every class that does what is asked, the price book lacks a price. The table below says which.
        </p>
      </Panel>
    );
  }
  return (
    <Panel title="Recommendation" note={`for ${spanWords(form)}`}>
      <div className="grid gap-x-6 gap-y-3 lg:grid-cols-2">
        <div className="min-w-0">
          <p className="flex items-center gap-2 text-base font-semibold">
            <BadgeCheck aria-hidden className="size-4.5 shrink-0 text-ok" />
            <button
              type="button"
              className="min-w-0 text-left hover:underline"
              onClick={() => onOpen(offerId(best.offer))}
            >
              {best.offer.label}
            </button>
          </p>
          <p className="mt-1 text-xl font-semibold tracking-tight">
            <data value={best.total}>{formatMoney(best.total, currency)}</data>
          </p>
          <p className="mt-1 text-ink-2">{best.reason}</p>
          <p className="mt-1.5 flex flex-wrap gap-1.5">
            <Tag>{offer.provider.label}</Tag>
            <Tag>{offer.redundancy.label}</Tag>
            <Tag>restore {waitWords(fastestHours(offer))}</Tag>
            {offer.class.minimumDays === 0 ? null : <Tag>{offer.class.minimumDays} days minimum</Tag>}
          </p>
        </div>
        <div className="min-w-0">
          <h3 className="text-xs font-medium text-ink-2">Why not</h3>
          <ul className="mt-1 grid gap-1.5">
            {next.map((choice) => (
              <li key={offerId(choice.offer)} className="min-w-0">
                <button
                  type="button"
                  className="text-left hover:underline"
                  onClick={() => onOpen(offerId(choice.offer))}
                >
                  {choice.offer.label}
                </button>{" "}
                <data value={choice.total} className="text-ink-2">
                  {formatMoney(choice.total, currency)}
                </data>
                <span className="block text-xs text-ink-2">{choice.reason}</span>
              </li>
            ))}
            {unknown.length === 0 ? null : (
              <li className="flex gap-1.5 text-xs text-warn">
                <CircleHelp aria-hidden className="mt-0.5 size-3.5 shrink-0" />
                <span>
                  {formatCount(unknown.length)} more might be cheaper, and cannot be told for want of a price:{" "}
                  {unknown
                    .slice(0, NAMED)
                    .map(({ offer: { label } }) => label)
                    .join("; ")}
                  {unknown.length > NAMED ? "…" : "."}
                </span>
              </li>
            )}
          </ul>
        </div>
      </div>
      <Lifecycle offer={offer} />
    </Panel>
  );
}

/** Rules as the provider takes them. */
function Lifecycle({ offer }: { offer: Offer }) {
  const [moveAfterDays, setMoveAfterDays] = useState(0);
  const made = useMemo(() => {
    try {
      const ask = { prefix: "", moveAfterDays: moveAfterDays === 0 ? null : moveAfterDays, abortAfterDays: 7 };
      return { rules: lifecycleRules(offer, ask), error: null };
    } catch (thrown) {
      return { rules: null, error: toErrorData(thrown) };
    }
  }, [offer, moveAfterDays]);
  const json = made.rules === null ? "" : JSON.stringify(made.rules.rules, null, 2);
  return (
    <details className="mt-3 border-t border-line pt-2">
      <summary className="text-xs font-medium text-ink-2 hover:text-ink">
        Lifecycle rules for {offer.class.label}
      </summary>
      <div className="mt-2 grid gap-2">
        <NumberField
          label="Move there after … days"
          hint="0: data are uploaded to the class at once."
          className="max-w-56"
          value={moveAfterDays}
          min={0}
          max={3650}
          onChange={setMoveAfterDays}
        />
        {made.rules === null ? (
          <p role="alert" className="text-bad">
            {made.error.message} {made.error.hint}
          </p>
        ) : (
          <>
            <section
              aria-label="Lifecycle rules"
              {...SCROLLED_BY_KEYS}
              className="max-h-64 overflow-auto rounded-md border border-line bg-canvas p-3 text-xs"
            >
              <pre>{json}</pre>
            </section>
            <div className="flex flex-wrap items-center gap-2">
              <CopyButton text={json} label="Copy rules">
                Copy JSON
              </CopyButton>
              <CopyButton text={made.rules.apply} label="Copy command">
                Copy command
              </CopyButton>
              <code className="min-w-0 truncate text-xs text-ink-2" title={made.rules.apply}>
                {made.rules.apply}
              </code>
            </div>
            <ul className="text-xs text-ink-2">
              {made.rules.notes.map((note) => (
                <li key={note}>{note}</li>
              ))}
            </ul>
          </>
        )}
      </div>
    </details>
  );
}
