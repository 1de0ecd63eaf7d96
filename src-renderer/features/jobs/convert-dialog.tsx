import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { FormatId } from "../../../src-core/model/disk.ts";
import type { VerifyMode } from "../../../src-core/model/task.ts";
import { api } from "../../app/api-client.ts";
import { toErrorData } from "../../app/error-data.ts";
import { FolderField } from "../../app/folder-field.tsx";
import { settingsQuery, useSystem } from "../../app/queries.ts";
import { announce } from "../../components/announcer.tsx";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { Field, TextInput } from "../../components/field.tsx";
import { Select } from "../../components/select.tsx";
import { Checkbox } from "../../components/toggle.tsx";
import { baseName } from "../../format/path.ts";
import { useOverlays } from "../../ui-state/overlays.ts";
import { emptyForm, fieldErrors, jobRequest, planInput, withFormat, withProposal } from "./convert-form.ts";
import { PlanProblems } from "./plan-problems.tsx";
import { SpaceBar } from "./space-bar.tsx";
import { useDebounced } from "./use-debounced.ts";
import { VerifyChoice } from "./verify-choice.tsx";

/** Asks how to convert one disk; checks each answer with the program before work can start. */
export function ConvertDialog({ path }: { path: string }) {
  const settings = useQuery(settingsQuery);
  // Without settings the careful choice is made: the dialog does not wait for them to fail.
  if (settings.isPending) return null;
  return <ConvertSteps path={path} defaultVerify={settings.data?.defaultVerify ?? { mode: "full" }} />;
}

function ConvertSteps({ path, defaultVerify }: { path: string; defaultVerify: VerifyMode }) {
  const close = useOverlays((state) => state.closeConvert);
  const navigate = useNavigate();
  const formats = useSystem()?.formats ?? [];
  const [form, setForm] = useState(() => emptyForm(defaultVerify));
  const [seed] = useState(() => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0);
  const order = useRef({ content: "", key: "" });
  const change = (part: Partial<typeof form>) => setForm((before) => ({ ...before, ...part }));

  const asked = planInput(path, form);
  const settled = useDebounced(asked, 250);
  const plan = useQuery({
    ...api.jobs.plan.queryOptions({ input: settled }),
    staleTime: 0,
    gcTime: 0,
    placeholderData: keepPreviousData,
  });
  useEffect(() => {
    if (plan.data !== undefined) setForm((before) => withProposal(before, plan.data));
  }, [plan.data]);

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
  const current =
    plan.data !== undefined && !plan.isPlaceholderData && JSON.stringify(asked) === JSON.stringify(settled);
  const blocked = plan.data?.problems.some((problem) => problem.severity === "error") ?? true;
  const ready = current && !plan.isFetching && !blocked && plan.error === null && Object.keys(errors).length === 0;
  const submit = () => {
    const request = jobRequest(path, form, seed);
    if (!ready || request === null) return;
    // The same order sent twice (an answer lost on the way) is one job; a changed one is another.
    const content = JSON.stringify(request);
    if (order.current.content !== content) order.current = { content, key: crypto.randomUUID() };
    start.mutate({ request, idempotencyKey: order.current.key });
  };
  const failure = start.error ?? plan.error;

  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : close())}
      title={`Convert ${baseName(path)}`}
      description={<span className="font-mono text-xs break-all">{path}</span>}
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
        {form.format === null && plan.error === null ? (
          <div className="skeleton h-40" />
        ) : form.format === null ? null : (
          <>
            <div className="grid grid-cols-[13.5rem_minmax(0,1fr)] gap-3">
              <Field label="Target format">
                {(ids) => (
                  <Select<FormatId>
                    {...ids}
                    value={form.format ?? "qcow2"}
                    onValueChange={(format) => setForm((before) => withFormat(before, format, formats))}
                    options={formats
                      .filter((format) => format.can.write || format.id === form.format)
                      .map((format) => ({ value: format.id, label: format.label }))}
                  />
                )}
              </Field>
              <Field label="File name" error={errors.name}>
                {(ids) => (
                  <TextInput
                    {...ids}
                    className="font-mono text-xs"
                    value={form.name}
                    onChange={(event) => change({ name: event.target.value, overwrite: false })}
                  />
                )}
              </Field>
            </div>
            <FolderField
              label="Target folder"
              value={form.folder}
              onChange={(folder) => change({ folder, overwrite: false })}
              error={errors.folder}
            />
            {plan.data === undefined ? null : <SpaceBar plan={plan.data} />}
            {plan.data?.targetExists === true ? (
              <Checkbox
                checked={form.overwrite}
                onCheckedChange={(overwrite) => change({ overwrite })}
                label="Overwrite the existing file"
                hint="The old file stays until the new one is complete."
              />
            ) : null}
          </>
        )}
        {plan.data === undefined ? null : <PlanProblems problems={plan.data.problems} />}
        {failure === null ? null : <ErrorCard error={toErrorData(failure)} />}
        {form.format === null ? null : (
          <>
            <VerifyChoice
              mode={form.verify}
              samplePercent={form.samplePercent}
              onChange={change}
              error={errors.samplePercent}
            />
            <details className="group">
              <summary className="flex w-fit items-center gap-1 text-sm text-ink-2 hover:text-ink">
                <ChevronRight aria-hidden className="size-4 transition-transform group-open:rotate-90" />
                More
              </summary>
              <Field label="Priority" hint="0 (last) to 100 (first); 50 is usual." className="mt-2 w-56">
                {(ids) => (
                  <TextInput
                    {...ids}
                    type="number"
                    min={0}
                    max={100}
                    step={1}
                    value={form.priority}
                    onChange={(event) => change({ priority: clampPriority(event.target.valueAsNumber) })}
                  />
                )}
              </Field>
            </details>
          </>
        )}
      </form>
    </Dialog>
  );
}

function clampPriority(value: number): number {
  return Number.isNaN(value) ? 50 : Math.min(100, Math.max(0, Math.round(value)));
}
