import { keepPreviousData, skipToken, useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { CalendarClock } from "lucide-react";
import { useRef, useState } from "react";
import type { ExportPlan, ExportProblem } from "../../../src-core/contract/exports.ts";
import { api } from "../../app/api-client.ts";
import { toErrorData } from "../../app/error-data.ts";
import {
  type ExportForm,
  exportOrder,
  formErrors,
  machineKey,
  newForm,
  planInput,
  withMachine,
  withoutMachines,
} from "../../app/export-form.ts";
import { OutputFields } from "../../app/export-output-fields.tsx";
import { PaceFields, RunningFields } from "../../app/export-pace-fields.tsx";
import { settingsQuery, useSystem } from "../../app/queries.ts";
import { sourcesQuery } from "../../app/source-queries.ts";
import { announce } from "../../components/announcer.tsx";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { ProblemList } from "../../components/problem-list.tsx";
import { SpaceBar } from "../../components/space-bar.tsx";
import { useDebounced } from "../../components/use-debounced.ts";
import { plural } from "../../format/plural.ts";
import { useExportTaste } from "../../ui-state/export-taste.ts";
import { type ExportSubject, useOverlays } from "../../ui-state/overlays.ts";
import { useScheduleDraft } from "../../ui-state/schedule-draft.ts";
import { ManyMachines } from "./many-machines.tsx";
import { OneMachine } from "./one-machine.tsx";
import { scheduleDraft } from "./schedule-draft.ts";

/** Long enough that a word is typed to its end: every check reads the machines anew. */
const SETTLE_MS = 350;

/** Asks how to export one machine or several; checks each answer with the program before work can start. */
export function ExportDialog({ subjects }: { subjects: readonly ExportSubject[] }) {
  const settings = useQuery(settingsQuery);
  const taste = useExportTaste();
  const chosen = settings.data?.defaultTargetFolder ?? taste.folder;
  // Never asked before: where the program would begin to look, so that the check has something to say.
  const home = useQuery({
    ...api.system.folder.queryOptions({ input: {} }),
    enabled: !settings.isPending && chosen === "",
  });
  if (settings.isPending || (chosen === "" && home.isPending)) return null;
  const folder = chosen === "" ? (home.data?.path ?? "") : chosen;
  return <ExportSteps subjects={subjects} first={newForm(subjects, { ...taste, folder })} />;
}

function ExportSteps({ subjects, first }: { subjects: readonly ExportSubject[]; first: ExportForm }) {
  const close = useOverlays((state) => state.closeExport);
  const remember = useExportTaste((state) => state.remember);
  const beginSchedule = useScheduleDraft((state) => state.begin);
  const navigate = useNavigate();
  const formats = useSystem()?.formats ?? [];
  const [form, setForm] = useState(first);
  const order = useRef({ content: "", key: "" });
  const can = useCapabilities(form);

  const { plan, current } = usePlan(form);
  const start = useMutation(
    api.exports.start.mutationOptions({
      onSuccess: (started) => {
        const [only] = started;
        announce(`${plural(started.length, "export")} started`);
        remember({ folder: form.folder.trim(), output: form.output, format: form.format, digest: form.digest });
        close();
        if (started.length === 1 && only !== undefined) {
          void navigate({ to: "/jobs/$runId", params: { runId: only.runId } });
        } else {
          void navigate({ to: "/jobs" });
        }
      },
    }),
  );

  const update = (next: (before: ExportForm) => ExportForm) => {
    // What was refused is not what is asked now.
    if (start.isError) start.reset();
    setForm(next);
  };
  const change = (part: Partial<ExportForm>) => update((before) => ({ ...before, ...part }));

  const errors = formErrors(form);
  const blocked = plan.data === undefined || isBlocked(plan.data);
  const complete = exportOrder(form);
  const ready = current && !plan.isFetching && !blocked && plan.error === null && complete !== null;
  const submit = () => {
    if (!ready || complete === null) return;
    // The same order sent twice (an answer lost on the way) is one set of jobs; a changed one is another.
    const content = JSON.stringify(complete);
    if (order.current.content !== content) order.current = { content, key: crypto.randomUUID() };
    start.mutate({ ...complete, idempotencyKey: order.current.key });
  };
  const failure = start.error ?? plan.error;
  const fix = (problem: ExportProblem) =>
    problem.error.code === "target.exists" && !form.overwrite ? (
      <Button size="small" onClick={() => change({ overwrite: true })}>
        Replace
      </Button>
    ) : null;
  const [only] = form.machines;
  const one = subjects.length === 1 ? only : undefined;
  const planned = new Map(plan.data?.machines.map((machine) => [machineKey(machine), machine]));
  const common = plan.data?.problems ?? [];
  const problems = one === undefined ? common : [...common, ...(plan.data?.machines[0]?.problems ?? [])];

  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : close())}
      title={one === undefined ? `Export ${plural(form.machines.length, "machine")}` : `Export ${one.subject.name}`}
      width="wide"
      closeOutside={false}
      footer={
        <>
          <span className="mr-auto text-xs text-ink-3" role="status">
            {statusWords({
              complete: complete !== null,
              checking: plan.isFetching || !current,
              failed: failure !== null && !plan.isFetching,
              blocked,
            })}
          </span>
          <Button
            disabled={complete === null}
            title="Do this by itself, at times you choose"
            onClick={() => {
              if (complete === null) return;
              beginSchedule(scheduleDraft(form, complete));
              close();
              void navigate({ to: "/schedules/new" });
            }}
          >
            <CalendarClock aria-hidden />
            Schedule this…
          </Button>
          <Button onClick={close}>Cancel</Button>
          <Button look="primary" type="submit" form="export" disabled={!ready} busy={start.isPending}>
            {one === undefined ? `Start ${plural(form.machines.length, "export")}` : "Start"}
          </Button>
        </>
      }
    >
      <form
        id="export"
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <OutputFields form={form} formats={formats} folderError={errors.folder} onChange={change} />
        {one === undefined ? (
          <ManyMachines
            machines={form.machines}
            planned={planned}
            fix={fix}
            onChange={(key, part) => update((before) => withMachine(before, key, part))}
            onLeaveOut={(keys) => update((before) => withoutMachines(before, keys))}
          />
        ) : (
          <OneMachine
            machine={one}
            planned={planned.get(machineKey(one.subject))}
            disksError={errors.disks}
            onChange={(part) => update((before) => withMachine(before, machineKey(one.subject), part))}
          />
        )}
        {errors.machines === undefined ? null : (
          <p role="alert" className="text-bad">
            {errors.machines}
          </p>
        )}
        {plan.data === undefined ? null : (
          <>
            <SpaceBar space={[plan.data.space]} />
            <ProblemList problems={problems.map((problem) => ({ ...problem, action: fix(problem) }))} />
          </>
        )}
        {failure === null ? null : <ErrorCard error={toErrorData(failure)} />}
        <RunningFields form={form} canPower={can.power} canQuiesce={can.quiesce} onChange={change} />
        <PaceFields form={form} errors={errors} onChange={change} />
      </form>
    </Dialog>
  );
}

/** What the program says about the form. `current`: it speaks of the form as it is, not as it was a moment ago. */
function usePlan(form: ExportForm) {
  const asked = planInput(form);
  const settled = useDebounced(asked, SETTLE_MS);
  const plan = useQuery({
    ...api.exports.plan.queryOptions({ input: settled ?? skipToken }),
    staleTime: 0,
    gcTime: 0,
    placeholderData: keepPreviousData,
  });
  const current =
    plan.data !== undefined && !plan.isPlaceholderData && JSON.stringify(asked) === JSON.stringify(settled);
  return { plan, current };
}

function isBlocked(plan: ExportPlan): boolean {
  const problems = [...plan.problems, ...plan.machines.flatMap((machine) => machine.problems)];
  return problems.some(({ severity }) => severity === "error");
}

/** What the sources of the machines can do about machines that run. */
function useCapabilities({ machines }: ExportForm): { power: boolean; quiesce: boolean } {
  const sources = useQuery(sourcesQuery).data ?? [];
  const ids = new Set(machines.map(({ subject }) => subject.sourceId));
  const able = sources.flatMap(({ id, connection }) => (ids.has(id) ? (connection.capabilities ?? []) : []));
  return { power: able.some(({ power }) => power), quiesce: able.some(({ quiesce }) => quiesce) };
}

function statusWords(at: { complete: boolean; checking: boolean; failed: boolean; blocked: boolean }): string {
  if (!at.complete) return "Something is missing: see above.";
  if (at.failed) return "Cannot start: see the error above.";
  if (at.checking) return "Checking…";
  return at.blocked ? "Cannot start: see the errors above." : "Checked: this can start.";
}
