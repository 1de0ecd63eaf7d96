import { useMutation } from "@tanstack/react-query";
import { useBlocker, useNavigate } from "@tanstack/react-router";
import { Copy, Play, Trash2 } from "lucide-react";
import { useRef, useState } from "react";
import { toast } from "sonner";
import type { ScheduleDetail } from "../../../../src-core/model/schedule-view.ts";
import { api } from "../../../app/api-client.ts";
import { toErrorData } from "../../../app/error-data.ts";
import { PageHeader } from "../../../app/page-header.tsx";
import { useSchedules } from "../../../app/schedule-queries.ts";
import { toastError } from "../../../app/toast-error.ts";
import { announce } from "../../../components/announcer.tsx";
import { Button, IconButton } from "../../../components/button.tsx";
import { ConfirmDialog } from "../../../components/confirm-dialog.tsx";
import { ErrorCard } from "../../../components/error-card.tsx";
import { useNow } from "../../../components/use-now.ts";
import { useScheduleDraft } from "../../../ui-state/schedule-draft.ts";
import { useScheduleActions } from "../use-schedule-actions.tsx";
import { problemsOf, type SectionName } from "./field-problems.ts";
import { FormSections } from "./form-sections.tsx";
import { LivePanel, showSection } from "./live-panel.tsx";
import { definitionOf, type ScheduleForm } from "./schedule-form.ts";
import { useValidation } from "./use-validation.ts";

interface EditorProps {
  first: ScheduleForm;
  /** What is changed; null: it is a new one. */
  saved: ScheduleDetail | null;
  /** This computer's time zone. */
  homeZone: string;
}

/** One page that asks for a whole schedule, and says all the while what it comes to. */
export function ScheduleEditor({ first, saved, homeZone }: EditorProps) {
  const navigate = useNavigate();
  const nowMs = useNow();
  const [form, setForm] = useState(first);
  const [clean] = useState(() => JSON.stringify(definitionOf(first)));
  const [touched, setTouched] = useState<ReadonlySet<SectionName>>(new Set());
  const [tried, setTried] = useState(false);
  // What was read last: a change by somebody else since then is refused instead of lost.
  const [base, setBase] = useState(saved);
  const leaving = useRef(false);
  const definition = definitionOf(form);
  const dirty = JSON.stringify(definition) !== clean;
  const check = useValidation(definition, saved?.id ?? null);
  const names = new Map(useSchedules().map(({ id, name }) => [id, name]));
  const blocker = useBlocker({
    shouldBlockFn: () => dirty && !leaving.current,
    enableBeforeUnload: () => dirty && !leaving.current,
    withResolver: true,
  });
  const actions = useScheduleActions(() => {
    leaving.current = true;
    void navigate({ to: "/schedules" });
  });

  const leave = (name: string) => {
    leaving.current = true;
    toast.success("Saved", { description: name, duration: 2_000 });
    announce(`Schedule ${name} saved`);
    void navigate({ to: "/schedules" });
  };
  const create = useMutation(api.schedules.create.mutationOptions({ onSuccess: ({ name }) => leave(name) }));
  const update = useMutation(
    api.schedules.update.mutationOptions({
      onSuccess: (next) => {
        leave(next.name);
      },
    }),
  );
  const enable = useMutation(
    api.schedules.setEnabled.mutationOptions({
      onSuccess: (next) => setBase((before) => before && { ...before, ...next }),
      onError: toastError,
    }),
  );
  const save = (enabled: boolean) => {
    setTried(true);
    const wrong = check.problems.find(({ fatal }) => fatal);
    if (wrong !== undefined) {
      // After the sections with problems have opened.
      setTimeout(() => showSection(wrong.field), 50);
      return;
    }
    if (base === null) create.mutate({ definition, enabled });
    else update.mutate({ id: base.id, definition, changedAt: base.changedAt });
  };
  const change = (section: SectionName, next: (before: ScheduleForm) => ScheduleForm) => {
    if (!touched.has(section)) setTouched(new Set(touched).add(section));
    if (create.isError) create.reset();
    if (update.isError) update.reset();
    setForm(next);
  };
  const failure = create.error ?? update.error;
  const refused = failure === null ? null : toErrorData(failure);
  const busy = create.isPending || update.isPending;
  const fatal = check.problems.some((problem) => problem.fatal);

  return (
    <>
      <PageHeader
        title={base === null ? "New schedule" : base.name}
        back={{ to: "/schedules", label: "All schedules" }}
        note={base === null ? undefined : base.enabled ? "enabled" : "disabled"}
        actions={
          <>
            {base === null ? null : (
              <>
                <IconButton
                  label="Run now"
                  className="size-8"
                  onClick={() => actions.runNow([base.row])}
                  disabled={actions.busy}
                >
                  <Play aria-hidden />
                </IconButton>
                <IconButton
                  label="Duplicate"
                  className="size-8"
                  onClick={() => {
                    useScheduleDraft.getState().begin({ ...definition, name: `${definition.name} (copy)` });
                    void navigate({ to: "/schedules/new" });
                  }}
                >
                  <Copy aria-hidden />
                </IconButton>
                <IconButton label="Remove" className="size-8" onClick={() => actions.remove([base.row])}>
                  <Trash2 aria-hidden />
                </IconButton>
                <Button busy={enable.isPending} onClick={() => enable.mutate({ id: base.id, enabled: !base.enabled })}>
                  {base.enabled ? "Disable" : "Enable"}
                </Button>
              </>
            )}
            {base === null ? (
              <Button disabled={busy || !check.current} onClick={() => save(false)}>
                Save disabled
              </Button>
            ) : null}
            <Button
              look="primary"
              busy={busy}
              disabled={!check.current || (base !== null && !dirty)}
              aria-keyshortcuts="Control+S"
              onClick={() => save(true)}
            >
              Save
            </Button>
          </>
        }
      />
      <main
        id="content"
        tabIndex={-1}
        className="min-h-0 flex-1 overflow-y-auto outline-none"
        onKeyDown={(event) => {
          if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
          event.preventDefault();
          if (check.current && !busy) save(true);
        }}
      >
        <div className="mx-auto grid max-w-6xl items-start gap-4 p-4 pb-10 xl:grid-cols-[minmax(0,1fr)_20rem]">
          <div className="grid gap-3">
            {refused === null ? null : (
              <ErrorCard
                title="It was not saved"
                error={refused}
                actions={
                  refused.code === "state.conflict" && base !== null ? (
                    <Button size="small" onClick={() => location.reload()}>
                      Read it anew
                    </Button>
                  ) : undefined
                }
              />
            )}
            {tried && fatal ? (
              <p role="alert" className="rounded-md border border-bad/45 bg-bad-soft px-3 py-2">
                It cannot be saved yet: see what is marked below.
              </p>
            ) : null}
            <FormSections
              form={form}
              ownId={saved?.id ?? null}
              homeZone={homeZone}
              words={check.words}
              cycle={check.cycle?.map((id) => names.get(id) ?? form.name) ?? null}
              problemsOf={(section) => problemsOf(check.problems, section, tried || touched.has(section))}
              onChange={change}
            />
          </div>
          <div className="xl:sticky xl:top-4">
            <LivePanel
              withoutRun={saved?.withoutRun ?? []}
              words={check.words}
              workWords={check.workWords}
              next={check.next}
              // What nobody came to yet is not held against anybody, but said.
              problems={check.problems}
              zone={form.plain.zone}
              nowMs={nowMs}
              busy={!check.current}
              failure={check.failure}
            />
          </div>
        </div>
      </main>
      {actions.dialogs}
      <ConfirmDialog
        open={blocker.status === "blocked"}
        onOpenChange={(open) => {
          if (!open && blocker.status === "blocked") blocker.reset();
        }}
        title="Leave without saving?"
        action="Leave"
        keep="Stay"
        onConfirm={() => blocker.status === "blocked" && blocker.proceed()}
      >
        What was changed here is lost{sectionsWords(touched)}.
      </ConfirmDialog>
    </>
  );
}

function sectionsWords(touched: ReadonlySet<SectionName>): string {
  return touched.size === 0 ? "" : ` (${[...touched].join(", ")})`;
}
