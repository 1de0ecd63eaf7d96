import { useMutation, useQuery } from "@tanstack/react-query";
import { Download, Upload } from "lucide-react";
import { useRef, useState } from "react";
import { toast } from "sonner";
import type { FieldProblem, ScheduleRow } from "../../../src-core/model/schedule-view.ts";
import { api, client, queryClient } from "../../app/api-client.ts";
import { toErrorData } from "../../app/error-data.ts";
import { schedulesQuery } from "../../app/schedule-queries.ts";
import { toastError } from "../../app/toast-error.ts";
import { Button } from "../../components/button.tsx";
import { CopyButton } from "../../components/copy-button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { plural } from "../../format/plural.ts";

/** As the program takes them. */
const MAX_FILE_BYTES = 32 * 2 ** 20;

/** Schedules out to a file, and in from one. */
export function ScheduleFileButtons({ selected, empty }: { selected: readonly ScheduleRow[]; empty: boolean }) {
  const picker = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<{ name: string; text: string } | null>(null);
  const save = useMutation({
    mutationFn: async () => {
      const which = selected.length === 0 ? {} : { ids: selected.map(({ id }) => id).join(",") };
      const inFormat = async (format: "yaml" | "json") => ({
        name: `schedules.${format}`,
        ...(await client.schedules.exportFile({ format, ...which })),
      });
      return inFormat("yaml").catch((thrown) => {
        if (toErrorData(thrown).code !== "request.too-large") throw thrown;
        return inFormat("json");
      });
    },
    onSuccess: ({ name, text }) => download(name, text),
    onError: toastError,
  });
  const read = async (chosen: File | undefined) => {
    if (chosen === undefined) return;
    if (chosen.size > MAX_FILE_BYTES) {
      toast.error("That file is too large", { description: `${chosen.name} has more than 32 MiB.` });
    } else setFile({ name: chosen.name, text: await chosen.text() });
    if (picker.current !== null) picker.current.value = "";
  };
  return (
    <>
      <input
        ref={picker}
        type="file"
        accept=".yaml,.yml,.json"
        aria-label="File of schedules"
        className="hidden"
        onChange={(event) => void read(event.target.files?.[0])}
      />
      <Button size="small" look="quiet" onClick={() => picker.current?.click()}>
        <Upload aria-hidden />
        Import…
      </Button>
      <Button size="small" look="quiet" disabled={empty} busy={save.isPending} onClick={() => save.mutate()}>
        <Download aria-hidden />
        {selected.length === 0 ? "Export all" : `Export ${selected.length}`}
      </Button>
      {file === null ? null : <ImportDialog file={file} onClose={() => setFile(null)} />}
    </>
  );
}

function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/yaml" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Says what the file would do, then does it: all or nothing. */
function ImportDialog({ file, onClose }: { file: { name: string; text: string }; onClose: () => void }) {
  const dry = useQuery({
    queryKey: ["schedule-import", file.text],
    queryFn: () => client.schedules.importFile({ text: file.text, dryRun: true }),
    gcTime: 0,
  });
  const apply = useMutation(
    api.schedules.importFile.mutationOptions({
      onSuccess: ({ created, changed }) => {
        void queryClient.invalidateQueries({ queryKey: schedulesQuery.queryKey });
        toast.success("Imported", { description: `${created.length} new, ${changed.length} changed` });
        onClose();
      },
    }),
  );
  const failure = apply.error ?? dry.error;
  const problems = dry.data?.problems ?? [];
  const fatal = problems.some((problem) => problem.fatal);
  const nothing = dry.data !== undefined && dry.data.created.length + dry.data.changed.length === 0;
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={`Import ${file.name}`}
      description="Schedules of known ids are changed, others made, none removed."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            disabled={dry.data === undefined || fatal || nothing}
            busy={apply.isPending}
            onClick={() => apply.mutate({ text: file.text })}
          >
            Import
          </Button>
        </>
      }
    >
      {dry.isPending ? <div role="status" aria-label="Reading the file" className="skeleton h-16" /> : null}
      {failure === null ? null : <ErrorCard title="It cannot be imported" error={toErrorData(failure)} />}
      {dry.data === undefined ? null : (
        <div className="grid gap-3">
          <p>
            {plural(dry.data.created.length, "new schedule")}, {dry.data.changed.length} changed,{" "}
            {dry.data.unchanged.length} as {dry.data.unchanged.length === 1 ? "it is" : "they are"} already.
          </p>
          {problems.length === 0 ? null : (
            <section aria-label="Problems of the file" className="rounded-md border border-line">
              <div className="flex items-center justify-between border-b border-line px-3 py-1 text-xs text-ink-2">
                {plural(problems.length, "problem")}
                <CopyButton text={problems.map(problemText).join("\n")} label="Copy problems">
                  Copy
                </CopyButton>
              </div>
              <ul className="max-h-60 overflow-y-auto px-3 py-1.5 text-sm">
                {problems.map((problem) => (
                  <li key={problemText(problem)} className={problem.fatal ? "text-bad" : "text-warn"}>
                    <span className="font-mono text-xs">{problem.field}</span> {problem.message}
                  </li>
                ))}
              </ul>
            </section>
          )}
        </div>
      )}
    </Dialog>
  );
}

function problemText({ field, message }: FieldProblem): string {
  return field === "" ? message : `${field}: ${message}`;
}
