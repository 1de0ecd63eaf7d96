/** Cost over the months: several classes beside each other, where one overtakes another, and what lies there. */
import { X } from "lucide-react";
import { lazy, type RefObject, Suspense, useMemo, useState } from "react";
import { project } from "../../../src-core/cost/projection.ts";
import { toErrorData } from "../../app/error-data.ts";
import { IconButton } from "../../components/button.tsx";
import { ChartFrame } from "../../components/chart-frame.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { Segmented } from "../../components/segmented.tsx";
import { formatMoney } from "../../format/money.ts";
import { useCostPlan } from "../../ui-state/cost-plan.ts";
import { shortLabel } from "./compare-view.ts";
import { offerId } from "./offer-id.ts";
import { OfferSelect } from "./offer-select.tsx";
import {
  breakEvenWords,
  MOST_PROJECTED,
  marks,
  type ProjectionKind,
  projectionPoints,
  projectionTable,
  storedTable,
} from "./projection-view.ts";
import { seriesLook } from "./series-look.ts";
import { speedIn } from "./use-estimate.ts";
import type { Plan } from "./use-plan.ts";

const ProjectionChart = lazy(async () => ({ default: (await import("./projection-chart.tsx")).ProjectionChart }));
const StoredChart = lazy(async () => ({ default: (await import("./projection-chart.tsx")).StoredChart }));

/** Classes that are drawn: those that were chosen, else the recommended ones. */
export function projectedIds(plan: Pick<Plan, "offers" | "recommendation">, chosen: readonly string[]): string[] {
  const kept = chosen.filter((id) => plan.offers.has(id));
  const { best, next } = plan.recommendation;
  return kept.length > 0 ? kept : best === null ? [] : [best, ...next].map(({ offer }) => offerId(offer));
}

export function useProjection(plan: Plan) {
  const chosen = useCostPlan((state) => state.projected);
  const { book, settled, offers, fit, recommendation } = plan;
  // Not by the plan as a whole, which is another one with every step of a slider.
  const ids = useMemo(() => projectedIds({ offers, recommendation }, chosen), [offers, recommendation, chosen]);
  return useMemo(() => {
    const keys = ids.flatMap((id) => offers.get(id)?.key ?? []);
    // The rules make offers of their own: the plan's are found by their name.
    const speedOf = (offer: { key: Parameters<typeof offerId>[0] }) => {
      const own = offers.get(offerId(offer.key));
      return own === undefined ? "" : speedIn({ fit }, own);
    };
    try {
      return { ids, projection: keys.length === 0 ? null : project(book, settled, keys, speedOf), error: null };
    } catch (thrown) {
      return { ids, projection: null, error: toErrorData(thrown) };
    }
  }, [ids, book, settled, offers, fit]);
}

export function ProjectionTab({ plan, picture }: { plan: Plan; picture: RefObject<HTMLDivElement | null> }) {
  const [kind, setKind] = useState<ProjectionKind>("cumulative");
  const { ids, projection, error } = useProjection(plan);
  const { currency, offers } = plan;
  const points = useMemo(() => (projection === null ? [] : projectionPoints(projection, kind)), [projection, kind]);
  const found = useMemo(() => (projection === null || kind === "monthly" ? [] : marks(projection)), [projection, kind]);
  const stored = useMemo(
    () =>
      projection === null
        ? []
        : projection.months.map((month, at) => ({ month, bytes: projection.offers[0]?.storedBytes[at] ?? 0 })),
    [projection],
  );
  const series = useMemo(
    () =>
      ids.flatMap((id) => {
        const offer = offers.get(id);
        return offer === undefined ? [] : [{ id, label: shortLabel(offer) }];
      }),
    [ids, offers],
  );
  const problem = plan.error ?? error;
  if (problem !== null) {
    return (
      <div className="p-4">
        <ErrorCard title="This plan cannot be computed" error={problem} />
      </div>
    );
  }
  if (projection === null) {
    return (
      <EmptyState icon={<X />} title="Nothing to project">
        No class with known prices does what the filters of Compare ask for.
      </EmptyState>
    );
  }
  const amounts = (month: string, id: string) => {
    const at = projection.months.indexOf(month);
    const each = projection.offers.find(({ offer }) => offerId(offer) === id);
    return formatMoney(each?.[kind][at] ?? null, currency);
  };
  return (
    <div className="grid gap-3 p-4">
      <Chosen plan={plan} ids={ids} />
      <ChartFrame
        title={kind === "cumulative" ? "Cost up to each month" : "Cost of each month"}
        note={currency}
        table={projectionTable(projection, kind, currency)}
        actions={
          <Segmented
            label="What is drawn"
            value={kind}
            onValueChange={setKind}
            options={[
              { value: "cumulative", label: "Sum so far" },
              { value: "monthly", label: "Each month" },
            ]}
          />
        }
      >
        <div ref={picture} aria-hidden className="h-80">
          <Suspense fallback={<div className="skeleton h-80" />}>
            <ProjectionChart points={points} series={series} marks={found} currency={currency} amounts={amounts} />
          </Suspense>
        </div>
        <section aria-label="Break-evens" className="mt-2 border-t border-line pt-2">
          {kind === "monthly" ? null : projection.breakEvens.length === 0 ? (
            <p className="text-ink-2">None of them overtakes another within these months.</p>
          ) : (
            <ul className="grid gap-1">
              {projection.breakEvens.map((each) => (
                <li key={breakEvenWords(each)} className="flex items-baseline gap-2">
                  <span aria-hidden className="size-2.5 shrink-0 rounded-full border-2 border-ink" />
                  {breakEvenWords(each)}
                </li>
              ))}
            </ul>
          )}
        </section>
      </ChartFrame>
      <ChartFrame
        title="Stored"
        note="at the end of each month, with growth and pruning"
        table={storedTable(projection)}
      >
        <div aria-hidden className="h-40">
          <Suspense fallback={<div className="skeleton h-40" />}>
            <StoredChart points={stored} />
          </Suspense>
        </div>
      </ChartFrame>
    </div>
  );
}

/** The classes that are drawn, with their lines; one more; one less. */
function Chosen({ plan, ids }: { plan: Plan; ids: readonly string[] }) {
  const project = useCostPlan((state) => state.project);
  return (
    <section aria-label="Classes drawn" className="flex flex-wrap items-center gap-2">
      <ul className="contents">
        {ids.map((id, at) => {
          const offer = plan.offers.get(id);
          if (offer === undefined) return null;
          const { colour, dash } = seriesLook(at);
          return (
            <li
              key={id}
              className="flex h-8 min-w-0 items-center gap-2 rounded-md border border-line bg-surface pr-1 pl-2.5"
            >
              <svg aria-hidden="true" width={26} height={8} className="shrink-0">
                <line
                  x1={0}
                  y1={4}
                  x2={26}
                  y2={4}
                  style={{ stroke: colour }}
                  strokeWidth={2.5}
                  strokeDasharray={dash}
                />
              </svg>
              <span className="truncate">{shortLabel(offer)}</span>
              {ids.length === 1 ? null : (
                <IconButton
                  label={`Leave out ${shortLabel(offer)}`}
                  className="size-6"
                  onClick={() => project(ids.filter((each) => each !== id))}
                >
                  <X aria-hidden />
                </IconButton>
              )}
            </li>
          );
        })}
      </ul>
      {ids.length >= MOST_PROJECTED ? null : (
        <OfferSelect
          plan={plan}
          label="Add a class"
          value=""
          nothing="Add a class…"
          except={ids}
          className="w-64"
          onChange={(id) => {
            if (id !== "") project([...ids, id]);
          }}
        />
      )}
    </section>
  );
}
