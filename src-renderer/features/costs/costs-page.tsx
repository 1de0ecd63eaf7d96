/** Costs: one plan, seen three ways. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { TriangleAlert } from "lucide-react";
import { useRef, useState } from "react";
import type { PriceBook } from "../../../src-core/model/price.ts";
import type { PriceBookInfo } from "../../../src-core/model/price-book-state.ts";
import { toErrorData } from "../../app/error-data.ts";
import { PageHeader } from "../../app/page-header.tsx";
import { Button } from "../../components/button.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { Tab, Tabs } from "../../components/tabs.tsx";
import { BookBadge } from "./book-badge.tsx";
import { bookInfoQuery, bookQuery } from "./book-queries.ts";
import { BookSheet } from "./book-sheet.tsx";
import { bookWarnings, isDoubtful } from "./book-words.ts";
import { CompareTab } from "./compare-tab.tsx";
import { type CostTab, ExportMenu } from "./export-menu.tsx";
import { PlanForm } from "./plan-form.tsx";
import { ProjectionTab } from "./projection-tab.tsx";
import { usePlan } from "./use-plan.ts";
import { useStartOf } from "./use-start-of.ts";
import { WhereTab } from "./where-tab.tsx";

const route = getRouteApi("/costs");

const TABS: readonly { value: CostTab; label: string }[] = [
  { value: "compare", label: "Compare" },
  { value: "projection", label: "Projection" },
  { value: "where", label: "Where it goes" },
];

export function CostsPage() {
  // Another program may have taken another book since: what it is is asked each time.
  const info = useQuery({ ...bookInfoQuery, staleTime: 0 });
  const book = useQuery(bookQuery);
  const error = info.error ?? book.error;
  useStartOf(route.useSearch());
  if (error === null && info.data !== undefined && book.data !== undefined) {
    return <Costs info={info.data} book={book.data} />;
  }
  return (
    <>
      <PageHeader title="Costs" />
      <main id="content" tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto p-4 outline-none">
        {error !== null ? (
          <ErrorCard
            title="The price book could not be read"
            error={toErrorData(error)}
            actions={
              <Button
                size="small"
                onClick={() => {
                  void info.refetch();
                  void book.refetch();
                }}
              >
                Try again
              </Button>
            }
          />
        ) : (
          <div role="status" aria-label="Loading the price book" className="grid gap-3">
            <div className="skeleton h-9" />
            <div className="skeleton h-40" />
            <div className="skeleton h-72" />
          </div>
        )}
      </main>
    </>
  );
}

function Costs({ info, book }: { info: PriceBookInfo; book: PriceBook }) {
  const { tab = "compare" } = route.useSearch();
  const navigate = route.useNavigate();
  const [showBook, setShowBook] = useState(false);
  const picture = useRef<HTMLDivElement>(null);
  const plan = usePlan(book, info);
  return (
    <>
      <PageHeader
        title="Costs"
        note={<BookBadge info={info} onOpen={() => setShowBook(true)} />}
        actions={<ExportMenu plan={plan} tab={tab} picture={picture} />}
      />
      <main
        id="content"
        tabIndex={-1}
        className="flex min-h-0 flex-1 outline-none max-lg:flex-col max-lg:overflow-y-auto"
      >
        <div className="w-80 shrink-0 overflow-y-auto border-r border-line bg-surface max-lg:w-full max-lg:overflow-visible max-lg:border-r-0 max-lg:border-b">
          <PlanForm />
        </div>
        <Tabs
          label="Costs"
          value={tab}
          onValueChange={(next) => void navigate({ search: next === "compare" ? {} : { tab: next }, replace: true })}
          tabs={TABS}
          className="max-lg:flex-none"
        >
          {isDoubtful(info) ? (
            <p role="note" className="flex items-center gap-2 border-b border-warn/40 bg-warn-soft px-4 py-2 text-warn">
              <TriangleAlert aria-hidden className="size-4 shrink-0" />
              {bookWarnings(info)[0]}
            </p>
          ) : null}
          <Tab value="compare">
            <CompareTab plan={plan} picture={picture} />
          </Tab>
          <Tab value="projection">
            <ProjectionTab plan={plan} picture={picture} />
          </Tab>
          <Tab value="where">
            <WhereTab plan={plan} picture={picture} />
          </Tab>
        </Tabs>
      </main>
      {showBook ? <BookSheet info={info} book={book} onClose={() => setShowBook(false)} /> : null}
    </>
  );
}
