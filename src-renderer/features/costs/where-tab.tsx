/** One class looked into: what its bill is made of, what a restore costs, whether retention fits it, its carbon. */
import { Leaf, X } from "lucide-react";
import { lazy, type RefObject, Suspense, useId, useMemo } from "react";
import type { CostEstimate } from "../../../src-core/model/cost.ts";
import { ChartFrame } from "../../components/chart-frame.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { Facts, Panel } from "../../components/panel.tsx";
import { Tag } from "../../components/tag.tsx";
import { formatMoney } from "../../format/money.ts";
import { useCostPlan } from "../../ui-state/cost-plan.ts";
import { offerId } from "./offer-id.ts";
import { OfferSelect } from "./offer-select.tsx";
import { PartLegend } from "./part-fills.tsx";
import { PARTS } from "./part-words.ts";
import { RestorePanel } from "./restore-panel.tsx";
import { RetentionPanel } from "./retention-panel.tsx";
import { treeNodes, treeTable } from "./tree-view.ts";
import { useEstimate } from "./use-estimate.ts";
import type { Plan } from "./use-plan.ts";
import { WhatIfPanel } from "./what-if-panel.tsx";

const TreemapChart = lazy(async () => ({ default: (await import("./treemap-chart.tsx")).TreemapChart }));

/** The class that was chosen, else the recommended one. */
export function chosenId(plan: Plan, chosen: string): string | null {
  if (plan.offers.has(chosen)) return chosen;
  const { best } = plan.recommendation;
  return best === null ? (plan.view.unknown[0]?.id ?? null) : offerId(best.offer);
}

export function WhereTab({ plan, picture }: { plan: Plan; picture: RefObject<HTMLDivElement | null> }) {
  const chosen = useCostPlan((state) => state.chosen);
  const choose = useCostPlan((state) => state.choose);
  const id = chosenId(plan, chosen);
  const offer = id === null ? undefined : plan.offers.get(id);
  const { estimate, error } = useEstimate(plan, offer);
  const problem = plan.error ?? error;
  if (problem !== null) {
    return (
      <div className="p-4">
        <ErrorCard title="This plan cannot be computed" error={problem} />
      </div>
    );
  }
  if (estimate === null || offer === undefined || id === null) {
    return (
      <EmptyState icon={<X />} title="Nothing to look into">
        No class does what the filters of Compare ask for.
      </EmptyState>
    );
  }
  return (
    <div className="grid gap-3 p-4">
      <div className="flex flex-wrap items-center gap-2">
        <OfferSelect plan={plan} label="Class" value={id} onChange={choose} className="w-[28rem] max-w-full" />
        <span className="text-ink-2">
          {estimate.total === null ? (
            <>
              <Tag tone="warn">unknown</Tag> at least {formatMoney(estimate.atLeast, plan.currency)}; missing:{" "}
              {estimate.missing.join(", ")}
            </>
          ) : (
            <>
              <data value={estimate.total} className="font-semibold text-ink">
                {formatMoney(estimate.total, plan.currency)}
              </data>{" "}
              in all
              {estimate.firstYear === null
                ? ""
                : `, ${formatMoney(estimate.firstYear, plan.currency)} in the first year`}
              {estimate.steadyYear === null
                ? ""
                : `, ${formatMoney(estimate.steadyYear, plan.currency)} in the last twelve months`}
            </>
          )}
        </span>
      </div>
      <TreePanel estimate={estimate} picture={picture} />
      <div className="grid items-start gap-3 xl:grid-cols-2">
        <RestorePanel key={id} plan={plan} offer={offer} estimate={estimate} />
        <RetentionPanel plan={plan} offer={offer} />
        <WhatIfPanel plan={plan} offer={offer} />
        <CarbonPanel estimate={estimate} />
      </div>
    </div>
  );
}

function TreePanel({ estimate, picture }: { estimate: CostEstimate; picture: RefObject<HTMLDivElement | null> }) {
  const scope = useId().replace(/\W/g, "");
  const nodes = useMemo(() => treeNodes(estimate), [estimate]);
  const table = useMemo(() => treeTable(estimate), [estimate]);
  const parts = PARTS.filter((part) => nodes.some((node) => node.part === part));
  return (
    <ChartFrame
      title="Where the money goes"
      note={estimate.total === null ? "what is known of it" : "of the whole plan"}
      table={table}
    >
      <PartLegend parts={parts} scope={scope} />
      <div ref={picture} aria-hidden className="mt-2 h-72">
        {nodes.length === 0 ? (
          <p className="text-ink-2">Nothing of it has a price above zero.</p>
        ) : (
          <Suspense fallback={<div className="skeleton h-72" />}>
            <TreemapChart nodes={nodes} scope={scope} />
          </Suspense>
        )}
      </div>
    </ChartFrame>
  );
}

function CarbonPanel({ estimate: { carbon } }: { estimate: CostEstimate }) {
  const kg = (value: string | null) => (value === null ? "unknown" : `about ${value} kg CO₂e`);
  return (
    <Panel title="Carbon" note="of the whole plan, one digit: more is not known">
      <p className="mb-2 flex items-center gap-2 text-base font-semibold">
        <Leaf aria-hidden className="size-4 text-ink-3" />
        {kg(carbon.totalKg)}
      </p>
      <Facts
        rows={[
          { name: "Storage", value: kg(carbon.storageKg) },
          { name: "Network", value: kg(carbon.networkKg) },
          ...(carbon.missing.length === 0 ? [] : [{ name: "Missing", value: carbon.missing.join(", ") }]),
          { name: "Formula", value: <span className="text-xs text-ink-2">{carbon.formula}</span> },
          ...(carbon.gridKind === null ? [] : [{ name: "Grid", value: carbon.gridKind }]),
          {
            name: "Source",
            value: (
              <>
                <a href={carbon.source.url} target="_blank" rel="noreferrer" className="underline">
                  {carbon.source.title}
                </a>
                , read {carbon.source.readAt}
              </>
            ),
          },
        ]}
      />
    </Panel>
  );
}
