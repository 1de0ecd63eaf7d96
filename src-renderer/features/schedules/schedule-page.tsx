import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { SearchX } from "lucide-react";
import { useEffect, useState } from "react";
import type { Schedule, ScheduleDefinition } from "../../../src-core/model/schedule.ts";
import { toErrorData } from "../../app/error-data.ts";
import { PageHeader } from "../../app/page-header.tsx";
import { settingsQuery } from "../../app/queries.ts";
import { scheduleQuery, scheduleStatusQuery } from "../../app/schedule-queries.ts";
import { Button } from "../../components/button.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { useExportTaste } from "../../ui-state/export-taste.ts";
import { useScheduleDraft } from "../../ui-state/schedule-draft.ts";
import { ScheduleEditor } from "./form/schedule-editor.tsx";
import { formOf, type Surroundings } from "./form/schedule-form.ts";

const route = getRouteApi("/schedules/$id");
const BACK = { to: "/schedules", label: "All schedules" } as const;

/** What a new form begins with; null while that is being read. */
function useSurroundings(): Surroundings | null {
  const status = useQuery(scheduleStatusQuery);
  const settings = useQuery(settingsQuery);
  const taste = useExportTaste((state) => state.folder);
  const [nowMs] = useState(() => Date.now());
  const [seed] = useState(() => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0);
  if (status.isPending || settings.isPending) return null;
  return {
    // Without an answer the page's own zone is the best guess; the program says where it is wrong.
    zone: status.data?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    folder: settings.data?.defaultTargetFolder ?? taste,
    nowMs,
    seed,
    nameOf: (machineId) => machineId,
  };
}

export function NewSchedulePage() {
  const around = useSurroundings();
  const { draft, clear } = useScheduleDraft();
  // It is for this page alone: whoever comes back later begins anew.
  const [given] = useState<Partial<ScheduleDefinition>>(draft ?? {});
  useEffect(() => clear, [clear]);
  if (around === null) return <Loading title="New schedule" />;
  return <ScheduleEditor first={formOf(given, around)} saved={null} homeZone={around.zone} />;
}

export function SchedulePage() {
  const { id } = route.useParams();
  // What is filled in is not exchanged later: it begins with what holds now, not with what was read some time ago.
  const query = useQuery({ ...scheduleQuery(id), refetchOnMount: "always" });
  const around = useSurroundings();
  const error = query.error === null ? null : toErrorData(query.error);
  if (error !== null) {
    return (
      <>
        <PageHeader title="Schedule" back={BACK} />
        <main id="content" tabIndex={-1} className="min-h-0 flex-1 p-4 outline-none">
          {error.code === "request.not-found" ? (
            <EmptyState
              icon={<SearchX />}
              title="There is no such schedule"
              action={
                <Link to="/schedules" className="font-medium text-accent underline">
                  All schedules
                </Link>
              }
            >
              It may have been removed.
            </EmptyState>
          ) : (
            <ErrorCard
              title="The schedule could not be read"
              error={error}
              actions={
                <Button size="small" onClick={() => void query.refetch()}>
                  Try again
                </Button>
              }
            />
          )}
        </main>
      </>
    );
  }
  if (query.data === undefined || !query.isFetchedAfterMount || around === null) return <Loading title="Schedule" />;
  return (
    <ScheduleEditor
      key={id}
      first={formOf(definitionIn(query.data), around)}
      saved={query.data}
      homeZone={around.zone}
    />
  );
}

/** The part of a schedule that somebody fills in. */
function definitionIn(schedule: Schedule & { row: unknown }): ScheduleDefinition {
  const { id: _, row: __, enabled: ___, pause: ____, createdAt: _____, changedAt: ______, ...definition } = schedule;
  return definition;
}

function Loading({ title }: { title: string }) {
  return (
    <>
      <PageHeader title={title} back={BACK} />
      <main id="content" tabIndex={-1} className="grid min-h-0 flex-1 content-start gap-3 p-4 outline-none">
        <div role="status" aria-label="Loading" className="skeleton h-24" />
        <div className="skeleton h-64" />
      </main>
    </>
  );
}
