import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import type { Schedule, ScheduleDefinition } from "../../../src-core/model/schedule.ts";
import { api } from "../../app/api-client.ts";
import { toErrorData } from "../../app/error-data.ts";
import { Gone } from "../../app/gone.tsx";
import { PageHeader } from "../../app/page-header.tsx";
import { settingsQuery } from "../../app/queries.ts";
import { ReadFailure } from "../../app/read-failure.tsx";
import { scheduleQuery, scheduleStatusQuery } from "../../app/schedule-queries.ts";
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
  const chosen = settings.data?.defaultTargetFolder ?? taste;
  // Never asked before: where the program would begin to look.
  const home = useQuery({
    ...api.system.folder.queryOptions({ input: {} }),
    enabled: !settings.isPending && chosen === "",
  });
  if (status.isPending || settings.isPending || (chosen === "" && home.isPending)) return null;
  return {
    // Without an answer the page's own zone is the best guess; the program says where it is wrong.
    zone: status.data?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    folder: chosen === "" ? (home.data?.path ?? "") : chosen,
    besides: settings.data?.defaultTargetFolder ?? "",
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
            <Gone title="There is no such schedule" to="/schedules" all="All schedules" />
          ) : (
            <ReadFailure bare title="The schedule could not be read" error={error} onRetry={query.refetch} />
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
