/** Whether what is kept stays as long as the class charges for: each kind of prune that comes too early, and its price. */
import { BadgeCheck } from "lucide-react";
import { useMemo } from "react";
import type { Offer } from "../../../src-core/cost/offer.ts";
import { checkRetention } from "../../../src-core/cost/retention-check.ts";
import { toErrorData } from "../../app/error-data.ts";
import { ErrorCard } from "../../components/error-card.tsx";
import { Panel } from "../../components/panel.tsx";
import { formatBytes } from "../../format/bytes.ts";
import { formatMoney } from "../../format/money.ts";
import type { Plan } from "./use-plan.ts";

export function RetentionPanel({ plan, offer }: { plan: Plan; offer: Offer }) {
  const { book, settled, currency } = plan;
  const answer = useMemo(() => {
    if (settled.kind !== "job") return { check: null, error: null };
    try {
      return { check: checkRetention(book, settled, offer.key), error: null };
    } catch (thrown) {
      return { check: null, error: toErrorData(thrown) };
    }
  }, [book, settled, offer]);
  const { check, error } = answer;
  return (
    <Panel title="Retention against the class" note={`${offer.class.minimumDays} days minimum`}>
      {error !== null ? (
        <ErrorCard error={error} />
      ) : check === null ? (
        <p className="text-ink-2">Plain numbers know no retention: fill in backups or exports.</p>
      ) : check.ok ? (
        <p className="flex items-center gap-2">
          <BadgeCheck aria-hidden className="size-4 shrink-0 text-ok" />
          {check.minimumDays === 0
            ? `${check.class} has no minimum: nothing is pruned too early.`
            : `Everything stays ${check.minimumDays} days or longer.`}
        </p>
      ) : (
        <>
          <p className="mb-2">
            Pruned too early in this plan: <strong>{formatMoney(check.total, currency)}</strong>
          </p>
          <ul className="grid max-h-64 gap-2 overflow-y-auto">
            {check.prunes.map((prune) => (
              <li key={prune.sentence} className="rounded-md border border-line px-3 py-2">
                <p>
                  {prune.sentence} <strong>{formatMoney(prune.amount, currency)}</strong>
                </p>
                <p className="text-xs text-ink-2">
                  {formatBytes(Number(prune.bytes))} in all; first on day{" "}
                  {prune.days
                    .slice(0, 4)
                    .map(({ pruned }) => pruned)
                    .join(", ")}
                  {prune.count > 4 ? "…" : ""}
                </p>
              </li>
            ))}
          </ul>
          <h3 className="mt-3 text-xs font-medium text-ink-2">What would avoid it</h3>
          <ul className="grid list-disc gap-0.5 pl-5">
            {check.advice.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}
