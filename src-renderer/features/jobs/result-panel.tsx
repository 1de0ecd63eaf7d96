import { ShieldCheck } from "lucide-react";
import type { Run } from "../../../src-core/model/run.ts";
import { CopyButton } from "../../components/copy-button.tsx";
import { Facts, Panel } from "../../components/panel.tsx";
import { PathText } from "../../components/path-text.tsx";
import { BytesText } from "../../components/quantity.tsx";
import { formatBytes, formatRate } from "../../format/bytes.ts";
import { formatDuration } from "../../format/duration.ts";

/** What came of it: sizes, and the proof that the target is right. Nothing before there is a result. */
export function ResultPanel({ run }: { run: Run }) {
  const results = run.tasks.flatMap((task) => (task.result === null ? [] : [task.result]));
  const convert = results.find((result) => result.kind === "convert");
  const verify = results.find((result) => result.kind === "verify");
  if (convert === undefined) return null;
  const rows = [
    { name: "Virtual size", value: <BytesText bytes={convert.virtualSizeBytes} /> },
    { name: "Target file", value: <BytesText bytes={convert.fileSizeBytes} /> },
    { name: "Stored", value: <BytesText bytes={convert.writtenBytes} /> },
    {
      name: "Source had",
      value: `${formatBytes(convert.source.dataBytes)} data, ${formatBytes(convert.source.zeroBytes)} zero, ${formatBytes(convert.source.holeBytes)} hole`,
    },
    {
      name: "Took",
      value: `${formatDuration(convert.durationMs)}${convert.durationMs > 0 ? ` (${formatRate(((convert.source.dataBytes || convert.writtenBytes) / convert.durationMs) * 1000)} of data)` : ""}`,
    },
    ...(convert.resumedFromBytes === null
      ? []
      : [{ name: "Resumed at", value: <BytesText bytes={convert.resumedFromBytes} /> }]),
  ];
  return (
    <Panel title="Result">
      <div className="grid gap-x-8 gap-y-4 lg:grid-cols-2">
        <Facts rows={rows} />
        {verify === undefined ? (
          <p className="text-ink-2">
            {run.request.verify.mode === "none"
              ? "Verification was not asked for: nothing proves that the target equals the source."
              : "Not verified."}
          </p>
        ) : (
          <div className="grid content-start gap-2">
            <p className="flex gap-2 rounded-md border border-ok/40 bg-ok-soft px-3 py-2">
              <ShieldCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-ok" />
              <span className="min-w-0">
                <span className="font-medium">Equal to the source: {verify.statement}</span>
                <span className="block text-xs text-ink-2">
                  {formatBytes(verify.comparedBytes)} of {formatBytes(verify.virtualSizeBytes)} compared in{" "}
                  {formatDuration(verify.durationMs)}
                </span>
              </span>
            </p>
            {verify.sha256 === null ? null : (
              <div className="min-w-0">
                <div className="flex items-center gap-1 text-xs text-ink-3">
                  SHA-256 of the target file
                  <CopyButton text={verify.sha256} label="Copy SHA-256" />
                </div>
                <code className="text-xs break-all">{verify.sha256}</code>
              </div>
            )}
            {verify.manifestPath === null ? null : (
              <div className="flex min-w-0 items-center gap-2 text-xs text-ink-3">
                <span className="shrink-0">Manifest</span>
                <PathText path={verify.manifestPath} className="min-w-0 text-ink" />
                <CopyButton text={verify.manifestPath} label="Copy manifest path" />
              </div>
            )}
          </div>
        )}
      </div>
    </Panel>
  );
}
