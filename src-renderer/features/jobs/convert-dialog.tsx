import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { CalendarClock, ChevronRight, Plus } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { ConvertRequest } from "../../../src-core/model/run.ts";
import type { ScheduleDefinition } from "../../../src-core/model/schedule.ts";
import { MAX_TARGETS, type VerifyMode } from "../../../src-core/model/task.ts";
import { api } from "../../app/api-client.ts";
import {
  type ConvertForm,
  convertRequest,
  emptyForm,
  fieldErrors,
  isComplete,
  planInput,
  withAnother,
  without,
  withProposal,
  withTarget,
} from "../../app/convert-form.ts";
import { toErrorData } from "../../app/error-data.ts";
import { settingsQuery, useSystem } from "../../app/queries.ts";
import { ReadLimitField } from "../../app/read-limit-field.tsx";
import { TargetFields } from "../../app/target-fields.tsx";
import { announce } from "../../components/announcer.tsx";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { Field, TextInput } from "../../components/field.tsx";
import { ProblemList } from "../../components/problem-list.tsx";
import { SpaceBar } from "../../components/space-bar.tsx";
import { Checkbox } from "../../components/toggle.tsx";
import { useDebounced } from "../../components/use-debounced.ts";
import { VerifyChoice } from "../../components/verify-choice.tsx";
import { baseName, folderOf, joinPath } from "../../format/path.ts";
import { type ConvertSubject, useOverlays } from "../../ui-state/overlays.ts";
import { useScheduleDraft } from "../../ui-state/schedule-draft.ts";

/** Asks how to convert one disk; checks each answer with the program before work can start. */
export function ConvertDialog({ subject }: { subject: ConvertSubject }) {
  const settings = useQuery(settingsQuery);
  // Without settings the careful choice is made: the dialog does not wait for them to fail.
  if (settings.isPending) return null;
  return <ConvertSteps subject={subject} defaultVerify={settings.data?.defaultVerify ?? { mode: "full" }} />;
}

function ConvertSteps({ subject, defaultVerify }: { subject: ConvertSubject; defaultVerify: VerifyMode }) {
  const close = useOverlays((state) => state.closeConvert);
  const beginSchedule = useScheduleDraft((state) => state.begin);
  const navigate = useNavigate();
  const formats = useSystem()?.formats ?? [];
  const [form, setForm] = useState(() => emptyForm(defaultVerify));
  const [seed] = useState(() => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0);
  const order = useRef({ content: "", key: "" });
  const change = (part: Partial<ConvertForm>) => setForm((before) => ({ ...before, ...part }));

  const asked = planInput(subject, form);
  const settled = useDebounced(asked, 250);
  const plan = useQuery({
    ...api.jobs.plan.queryOptions({ input: settled }),
    staleTime: 0,
    gcTime: 0,
    placeholderData: keepPreviousData,
  });
  const current =
    plan.data !== undefined && !plan.isPlaceholderData && JSON.stringify(asked) === JSON.stringify(settled);
  useEffect(() => {
    if (current && plan.data !== undefined) setForm((before) => withProposal(before, plan.data));
  }, [current, plan.data]);

  const start = useMutation(
    api.jobs.start.mutationOptions({
      onSuccess: ({ runId }) => {
        announce("Conversion started");
        close();
        void navigate({ to: "/jobs/$runId", params: { runId } });
      },
    }),
  );

  const errors = fieldErrors(form);
  const blocked = plan.data?.problems.some((problem) => problem.severity === "error") ?? true;
  const ready = current && !plan.isFetching && !blocked && plan.error === null && isComplete(form);
  const submit = () => {
    const request = convertRequest(subject, form, seed);
    if (!ready || request === null) return;
    // The same order sent twice (an answer lost on the way) is one job; a changed one is another.
    const content = JSON.stringify(request);
    if (order.current.content !== content) order.current = { content, key: crypto.randomUUID() };
    start.mutate({ request, idempotencyKey: order.current.key });
  };
  const failure = start.error ?? plan.error;
  const proposed = form.targets[0]?.format !== null;
  const several = form.targets.length > 1;

  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : close())}
      title={`Convert ${baseName(subject.path)}`}
      description={
        <>
          <span className="font-mono text-xs break-all">{subject.path}</span>
          {subject.snapshot === null ? null : <span className="block">as it was in snapshot {subject.snapshot}</span>}
        </>
      }
      width="wide"
      closeOutside={false}
      footer={
        <>
          <span className="mr-auto text-xs text-ink-3" role="status">
            {plan.isFetching || !current
              ? "Checking…"
              : blocked
                ? "Cannot start: see the errors above."
                : "Checked: this can start."}
          </span>
          <Button
            disabled={!isComplete(form)}
            title="Do this by itself, at times you choose"
            onClick={() => {
              const request = convertRequest(subject, form, seed);
              if (request === null) return;
              beginSchedule(scheduledConversion(request));
              close();
              void navigate({ to: "/schedules/new" });
            }}
          >
            <CalendarClock aria-hidden />
            Schedule this…
          </Button>
          <Button onClick={close}>Cancel</Button>
          <Button look="primary" type="submit" form="convert" disabled={!ready} busy={start.isPending}>
            Start
          </Button>
        </>
      }
    >
      <form
        id="convert"
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {proposed ? null : plan.error === null ? <div className="skeleton h-40" /> : null}
        {!proposed
          ? null
          : form.targets.map((target, index) => (
              <TargetFields
                key={target.id}
                target={target}
                planned={plan.data?.targets[index]}
                formats={formats}
                sourceBytes={plan.data?.virtualSizeBytes ?? null}
                number={several ? index + 1 : null}
                onChange={(part) => setForm((before) => withTarget(before, target.id, part))}
                onRemove={() => setForm((before) => without(before, target.id))}
              />
            ))}
        {proposed ? (
          <Button
            size="small"
            look="quiet"
            className="-mt-1 justify-self-start"
            disabled={form.targets.length >= MAX_TARGETS}
            title="The source is read once for all outputs"
            onClick={() => setForm(withAnother)}
          >
            <Plus aria-hidden />
            Add another output
          </Button>
        ) : null}
        {plan.data === undefined ? null : (
          <>
            <SpaceBar space={plan.data.space} />
            <ProblemList
              problems={plan.data.problems.map((problem) => ({
                ...problem,
                about: several && problem.target !== null ? `Output ${problem.target + 1}` : null,
              }))}
            />
          </>
        )}
        {failure === null ? null : <ErrorCard error={toErrorData(failure)} />}
        {proposed ? (
          <>
            <VerifyChoice
              mode={form.verify}
              samplePercent={form.samplePercent}
              onChange={change}
              error={errors.samplePercent}
            />
            <MoreChoices form={form} limitError={errors.limit} onChange={change} />
          </>
        ) : null}
      </form>
    </Dialog>
  );
}

/** The same as a schedule: each run makes a file of its own, unless the old one is to be replaced. */
function scheduledConversion(request: ConvertRequest): Partial<ScheduleDefinition> {
  const targets = request.targets.map((target) =>
    target.overwrite ? target : { ...target, path: withDay(target.path) },
  );
  return {
    name: `Conversion of ${baseName(request.sourcePath)}`.slice(0, 100),
    work: { kind: "job", request: { ...request, targets } },
  };
}

/** "/out/web01.qcow2" to "/out/web01-{date}.qcow2" */
function withDay(path: string): string {
  return joinPath(
    folderOf(path),
    baseName(path).replace(/(\.[^.]+)?$/, (end) => `-{date}${end}`),
  );
}

/** What is rarely asked for. */
function MoreChoices(props: {
  form: ConvertForm;
  limitError: string | undefined;
  onChange: (part: Partial<ConvertForm>) => void;
}) {
  const { form, limitError, onChange } = props;
  return (
    <details className="group">
      <summary className="flex w-fit items-center gap-1 text-sm text-ink-2 hover:text-ink">
        <ChevronRight aria-hidden className="size-4 transition-transform group-open:rotate-90" />
        More
      </summary>
      <div className="mt-2 grid items-start gap-3 sm:grid-cols-2">
        <ReadLimitField value={form.limitMib} error={limitError} onChange={(limitMib) => onChange({ limitMib })} />
        <Field label="Priority" hint="0 (last) to 100 (first); 50 is usual.">
          {(ids) => (
            <TextInput
              {...ids}
              type="number"
              min={0}
              max={100}
              step={1}
              value={form.priority}
              onChange={(event) => onChange({ priority: clampPriority(event.target.valueAsNumber) })}
            />
          )}
        </Field>
        <div className="sm:col-span-2">
          <Checkbox
            checked={form.noSync}
            onCheckedChange={(noSync) => onChange({ noSync })}
            label="Leave writing to the system's cache"
            hint="Faster on slow disks. After a power loss the result may be gone, and the job starts over."
          />
        </div>
      </div>
    </details>
  );
}

function clampPriority(value: number): number {
  return Number.isNaN(value) ? 50 : Math.min(100, Math.max(0, Math.round(value)));
}
