/** Every class side by side: the recommendation, the bars, the table, and those that cannot be told. */
import { SearchX } from "lucide-react";
import { lazy, memo, type RefObject, Suspense, useId, useMemo, useState } from "react";
import { compareFitting } from "../../../src-core/cost/recommend.ts";
import { Button } from "../../components/button.tsx";
import { DataGrid } from "../../components/data-grid.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { Panel } from "../../components/panel.tsx";
import { Segmented } from "../../components/segmented.tsx";
import { formatCount } from "../../format/bytes.ts";
import { NO_NEEDS, useCostPlan } from "../../ui-state/cost-plan.ts";
import { useTableTaste } from "../../ui-state/tables.ts";
import { compareColumns, unknownColumns } from "./compare-columns.tsx";
import { bars, bestRegions, type CompareRow, compareView, partsOf, partsShown } from "./compare-view.ts";
import { spanWords } from "./cost-form.ts";
import { FilterBar } from "./filter-bar.tsx";
import { LinesSheet } from "./lines-sheet.tsx";
import { offerId } from "./offer-id.ts";
import { PartLegend } from "./part-fills.tsx";
import { RecommendationCard } from "./recommendation-card.tsx";
import type { Plan } from "./use-plan.ts";

const BarsChart = lazy(async () => ({ default: (await import("./bars-chart.tsx")).BarsChart }));

const COUNTS = ["12", "30", "60"] as const;
/** Where a table's taste is kept, and how it is sorted at first. */
const KNOWN = { name: "costs", sorting: [{ id: "total", desc: false }] };
const UNKNOWN = { name: "costs-unknown", sorting: [{ id: "known", desc: false }] };
const rowId = ({ id }: CompareRow) => id;
const NEVER_EMPTY = null;

interface CompareTabProps {
  plan: Plan;
  /** Where the picture lies, for those who keep it. */
  picture: RefObject<HTMLDivElement | null>;
}

export function CompareTab({ plan, picture }: CompareTabProps) {
  const [opened, setOpened] = useState<string | null>(null);
  const need = useCostPlan((state) => state.need);
  const { known, unknown } = plan.view;
  return (
    <div className="grid gap-3 p-4">
      <FilterBar book={plan.book} />
      {plan.error !== null ? (
        <ErrorCard title="This plan cannot be computed" error={plan.error} />
      ) : known.length + unknown.length === 0 ? (
        <EmptyState
          icon={<SearchX />}
          title="No class does all that"
          action={<Button onClick={() => need(NO_NEEDS)}>Clear filters</Button>}
        >
          {plan.recommendation.left.length === 0
            ? "The price book knows none in that place."
            : `${formatCount(plan.recommendation.left.length)} in that place fall short of the restore time or redundancy that is asked for.`}
        </EmptyState>
      ) : (
        <>
          <RecommendationCard plan={plan} onOpen={setOpened} />
          {known.length === 0 ? null : (
            <>
              <BarsPanel plan={plan} picture={picture} onOpen={setOpened} />
              <KnownTable rows={known} currency={plan.currency} onOpen={setOpened} />
            </>
          )}
          {unknown.length === 0 ? null : <UnknownTable rows={unknown} currency={plan.currency} onOpen={setOpened} />}
        </>
      )}
      {opened === null ? null : <LinesSheet plan={plan} id={opened} onClose={() => setOpened(null)} />}
    </div>
  );
}

function BarsPanel({ plan, picture, onOpen }: CompareTabProps & { onOpen: (id: string) => void }) {
  const scope = useId().replace(/\W/g, "");
  const form = useCostPlan((state) => state.form);
  const [count, setCount] = useState<(typeof COUNTS)[number]>("12");
  const [regions, setRegions] = useState<"best" | "all">("best");
  const { view, workload, fit, offers } = plan;
  const candidates = useMemo(() => (regions === "best" ? bestRegions(view.known) : view.known), [view, regions]);
  const shown = useMemo(() => new Set(candidates.slice(0, Number(count)).map(({ id }) => id)), [candidates, count]);
  // While a slider moves only what is drawn is computed anew; the rest follows when it rests.
  const drawnRows = useMemo(() => {
    const few = new Map(
      [...fit.bySpeed].map(([speed, all]) => [speed, all.filter((offer) => shown.has(offerId(offer.key)))]),
    );
    return compareView(compareFitting(workload, few), offers).known;
  }, [workload, fit, shown, offers]);
  const rows = useMemo(() => bars(drawnRows), [drawnRows]);
  const parts = useMemo(() => partsShown(rows), [rows]);
  return (
    <Panel
      title="Cost by class"
      note={`${spanWords(form)}, ${plan.currency}, the cheapest ${formatCount(rows.length)} of ${formatCount(candidates.length)}`}
      actions={
        <>
          <Segmented
            label="Regions"
            value={regions}
            onValueChange={setRegions}
            options={[
              { value: "best", label: "Best region" },
              { value: "all", label: "Every region" },
            ]}
          />
          {candidates.length <= Number(COUNTS[0]) ? null : (
            <Segmented
              label="Classes shown"
              value={count}
              onValueChange={setCount}
              options={COUNTS.map((value) => ({ value, label: value }))}
            />
          )}
        </>
      }
    >
      <PartLegend parts={parts} scope={scope} />
      <div ref={picture} aria-hidden className="mt-2" data-settled={plan.atRest}>
        <Suspense fallback={<div className="skeleton" style={{ height: rows.length * 24 + 30 }} />}>
          <BarsChart bars={rows} parts={parts} currency={plan.currency} scope={scope} onOpen={onOpen} />
        </Suspense>
      </div>
      <p className="sr-only">The table below has the same figures.</p>
    </Panel>
  );
}

interface TableProps {
  rows: readonly CompareRow[];
  currency: string;
  onOpen: (id: string) => void;
}

const KnownTable = memo(function KnownTable({ rows, currency, onOpen }: TableProps) {
  const columns = useMemo(() => compareColumns(currency, partsOf(rows), onOpen), [currency, rows, onOpen]);
  const note = `${formatCount(rows.length)} with known prices`;
  return <ClassTable {...{ rows, onOpen, columns, note, most: 13 }} title="Classes" label="Classes" place={KNOWN} />;
});

const UnknownTable = memo(function UnknownTable({ rows, currency, onOpen }: TableProps) {
  const columns = useMemo(() => unknownColumns(currency, onOpen), [currency, onOpen]);
  const note =
    `${formatCount(rows.length)} classes of which the price book lacks a price. They are not compared: what is missing counts ` +
    "as unknown, not as nothing.";
  return (
    <ClassTable
      {...{ rows, onOpen, columns, note, most: 8 }}
      title="Unknown"
      label="Classes with missing prices"
      place={UNKNOWN}
    />
  );
});

interface ClassTableProps extends Omit<TableProps, "currency"> {
  columns: ReturnType<typeof compareColumns>;
  title: string;
  note: string;
  label: string;
  /** Rows that are seen at once. */
  most: number;
  place: typeof KNOWN;
}

function ClassTable({ rows, columns, title, note, label, most, place, onOpen }: ClassTableProps) {
  const taste = useTableTaste(place.name, place.sorting);
  return (
    <Panel title={title} note={note} padded={false}>
      <div className="flex flex-col" style={{ height: Math.min(most, rows.length) * 34 + 44 }}>
        <DataGrid
          label={label}
          columns={columns}
          rows={rows}
          rowId={rowId}
          sorting={taste.sorting}
          onSortingChange={taste.setSorting}
          onOpen={({ id }) => onOpen(id)}
          empty={NEVER_EMPTY}
        />
      </div>
    </Panel>
  );
}
