/** Before the graph is saved: what is different, what that does to the coming runs, and what to do where somebody was faster. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { toast } from "sonner";
import type { ForecastChange, ScheduleRow } from "../../../src-core/model/schedule-view.ts";
import { api, client, queryClient } from "../../app/api-client.ts";
import { toErrorData } from "../../app/error-data.ts";
import { schedulesQuery } from "../../app/schedule-queries.ts";
import { announce } from "../../components/announcer.tsx";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { Tag } from "../../components/tag.tsx";
import { formatInZone } from "../../format/date.ts";
import { plural } from "../../format/plural.ts";
import { changesOf, type Draft, draftLines, EMPTY_DRAFT, rebase } from "./graph-draft.ts";
import { useGraph } from "./graph-store.ts";

interface SaveDialogProps {
  rows: readonly ScheduleRow[];
  draft: Draft;
  onClose: () => void;
}

/** How far ahead is looked, and how much of it is listed. */
const DAYS = 30;
const SHOWN = 100;

const KIND_WORDS: Record<ForecastChange["kind"], { word: string; tone: "accent" | "warn" | "ok" | "plain" }> = {
  added: { word: "new", tone: "ok" },
  removed: { word: "gone", tone: "warn" },
  moved: { word: "moved", tone: "accent" },
  skipped: { word: "skipped", tone: "warn" },
  "no-longer-skipped": { word: "runs again", tone: "ok" },
};

export function SaveDialog({ rows, draft, onClose }: SaveDialogProps) {
  const changes = changesOf(draft);
  const lines = draftLines(rows, draft);
  const whatIf = useQuery({
    queryKey: ["graph-what-if", changes],
    queryFn: ({ signal }) => client.schedules.whatIf({ changes, days: DAYS }, { signal }),
    staleTime: 0,
    gcTime: 0,
  });
  const save = useMutation(
    api.schedules.apply.mutationOptions({
      async onSuccess() {
        useGraph.getState().startFrom(EMPTY_DRAFT);
        await queryClient.invalidateQueries({ queryKey: schedulesQuery.queryKey });
        const said = `Saved: ${plural(changes.length, "schedule")} changed`;
        toast.success(said);
        announce(said);
        onClose();
      },
    }),
  );
  const reload = useMutation({
    mutationFn: (keep: boolean) =>
      queryClient
        .fetchQuery({ ...schedulesQuery, staleTime: 0 })
        .then((now) => (keep ? rebase(now, draft) : EMPTY_DRAFT)),
    onSuccess: (next) => {
      useGraph.getState().startFrom(next);
      save.reset();
      onClose();
    },
  });
  // What cannot be tried cannot be saved either.
  const failed = save.error ?? whatIf.error;
  const refused = failed === null ? null : toErrorData(failed);
  const conflict = refused?.code === "state.conflict";
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title="Save the graph"
      description={`All of it is saved together, or nothing. Runs of the next ${DAYS} days are compared.`}
      closeOutside={false}
      footer={
        <>
          <Button onClick={onClose}>Go on editing</Button>
          <Button look="primary" busy={save.isPending} disabled={conflict} onClick={() => save.mutate({ changes })}>
            Save {plural(changes.length, "schedule")}
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        {refused === null ? null : (
          <div className="grid gap-2">
            <ErrorCard
              error={refused}
              title={conflict ? "Somebody changed it meanwhile" : "It cannot be saved like this"}
            />
            {conflict ? (
              <div className="flex gap-2">
                <Button size="small" busy={reload.isPending} onClick={() => reload.mutate(true)}>
                  Reload, keep my edits
                </Button>
                <Button size="small" busy={reload.isPending} onClick={() => reload.mutate(false)}>
                  Reload, drop my edits
                </Button>
              </div>
            ) : null}
          </div>
        )}
        <section aria-label="What is different">
          <h3 className="mb-1 text-sm font-semibold">What is different</h3>
          <ul className="list-disc pl-5">
            {lines.slice(0, SHOWN).map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
          {lines.length > SHOWN ? <p className="text-ink-3">and {lines.length - SHOWN} more</p> : null}
        </section>
        <section aria-label="What if" aria-busy={whatIf.isPending}>
          <h3 className="mb-1 text-sm font-semibold">What it does to the coming runs</h3>
          {whatIf.error !== null ? (
            <p className="text-ink-2">Not known: see above.</p>
          ) : whatIf.data === undefined ? (
            <div className="skeleton h-16" />
          ) : (
            <WhatIf rows={rows} draft={draft} {...whatIf.data} />
          )}
        </section>
      </div>
    </Dialog>
  );
}

function WhatIf(props: {
  rows: readonly ScheduleRow[];
  draft: Draft;
  changes: readonly ForecastChange[];
  total: number;
  words: string;
}) {
  const zones = new Map(props.rows.map(({ id, zone }) => [id, zone]));
  const names = new Map(props.rows.map(({ id, name }) => [id, name]));
  for (const { id, definition } of props.draft.added) {
    zones.set(id, definition.zone);
    names.set(id, definition.name);
  }
  return (
    <>
      <p>{props.words}</p>
      {props.changes.length === 0 ? null : (
        <ul
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keyboard
          tabIndex={0}
          aria-label="Runs that change"
          className="mt-2 max-h-56 overflow-y-auto rounded-md border border-line"
        >
          {props.changes.slice(0, SHOWN).map((change) => {
            const run = "run" in change ? change.run : change.after;
            const at = (iso: string) => formatInZone(iso, zones.get(run.scheduleId) ?? "UTC");
            const { word, tone } = KIND_WORDS[change.kind];
            return (
              <li
                key={`${change.kind} ${run.scheduleId} ${run.firingId}`}
                title={run.reasons.length === 0 ? undefined : run.reasons.join("\n")}
                className="flex items-center gap-2 border-b border-line px-2.5 py-1 last:border-0"
              >
                <Tag tone={tone}>{word}</Tag>
                <span className="min-w-0 flex-1 truncate">{names.get(run.scheduleId) ?? run.scheduleId}</span>
                <span className="shrink-0 text-xs text-ink-2">
                  {"before" in change && change.kind === "moved"
                    ? `${at(change.before.startAt)} → ${at(change.after.startAt)}`
                    : at(run.startAt)}
                </span>
              </li>
            );
          })}
        </ul>
      )}
      {props.total > SHOWN ? (
        <p className="mt-1 text-xs text-ink-3">{props.total - SHOWN} more are not listed.</p>
      ) : null}
    </>
  );
}
