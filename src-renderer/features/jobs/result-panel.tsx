import { ShieldCheck } from "lucide-react";
import type { Run, Task } from "../../../src-core/model/run.ts";
import type { ConvertOutput, ConvertResult, VerifyResult } from "../../../src-core/model/task.ts";
import { CopyButton } from "../../components/copy-button.tsx";
import { Facts, Panel } from "../../components/panel.tsx";
import { PathText } from "../../components/path-text.tsx";
import { BytesText } from "../../components/quantity.tsx";
import { formatBytes, formatRate } from "../../format/bytes.ts";
import { formatDuration } from "../../format/duration.ts";
import { baseName } from "../../format/path.ts";

/** What came of a conversion: sizes, and the proof that each target is right. Nothing before there is a result. */
export function ResultPanel({ run }: { run: Run }) {
  const convert = run.tasks.flatMap((task) => (task.result?.kind === "convert" ? [task.result] : []))[0];
  if (convert === undefined || run.request.kind !== "convert") return null;
  const wanted = run.request.verify.mode !== "none";
  const several = convert.outputs.length > 1;
  return convert.outputs.map((output) => (
    <Panel
      key={output.path}
      title={several ? `Result ${baseName(output.path)}` : "Result"}
      note={[output.format, output.subformat].filter((word, index, all) => all.indexOf(word) === index).join(", ")}
    >
      <div className="grid gap-x-8 gap-y-4 lg:grid-cols-2">
        <Facts rows={outputRows(convert, output)} />
        <Proof result={verificationOf(run.tasks, output.path)} wanted={wanted} />
      </div>
    </Panel>
  ));
}

function verificationOf(tasks: readonly Task[], path: string): VerifyResult | null {
  const result = tasks.find((task) => task.kind === "verify" && task.subject === path)?.result;
  return result?.kind === "verify" ? result : null;
}

function outputRows(convert: ConvertResult, output: ConvertOutput) {
  const { source, durationMs, resumedFromBytes } = convert;
  return [
    { name: "Virtual size", value: <BytesText bytes={output.virtualSizeBytes} /> },
    {
      name: output.companions.length === 0 ? "Target file" : "Target files",
      value: <BytesText bytes={output.fileSizeBytes} />,
    },
    ...output.companions.map((path) => ({ name: "With", value: <PathText path={baseName(path)} /> })),
    { name: "Data stored", value: <BytesText bytes={output.writtenBytes} /> },
    {
      name: "Source had",
      value: `${formatBytes(source.dataBytes)} data, ${formatBytes(source.zeroBytes)} zero, ${formatBytes(source.holeBytes)} hole`,
    },
    {
      name: "Took",
      value: `${formatDuration(durationMs)}${durationMs > 0 ? ` (${formatRate(((source.dataBytes || output.writtenBytes) / durationMs) * 1000)} of data)` : ""}`,
    },
    ...(resumedFromBytes === null ? [] : [{ name: "Resumed at", value: <BytesText bytes={resumedFromBytes} /> }]),
  ];
}

/** Why the target may be trusted. */
function Proof({ result, wanted }: { result: VerifyResult | null; wanted: boolean }) {
  if (result === null) {
    return (
      <p className="text-ink-2">
        {wanted ? "Not verified." : "Verification was not asked for: nothing proves that the target equals the source."}
      </p>
    );
  }
  const { statement, comparedBytes, virtualSizeBytes, durationMs, sha256, manifestPath } = result;
  return (
    <div className="grid content-start gap-2">
      <p className="flex gap-2 rounded-md border border-ok/40 bg-ok-soft px-3 py-2">
        <ShieldCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-ok" />
        <span className="min-w-0">
          <span className="font-medium">Equal to the source: {statement}</span>
          <span className="block text-xs text-ink-2">
            {formatBytes(comparedBytes)} of {formatBytes(virtualSizeBytes)} compared in {formatDuration(durationMs)}
          </span>
        </span>
      </p>
      {sha256 === null ? null : (
        <div className="min-w-0">
          <div className="flex items-center gap-1 text-xs text-ink-3">
            SHA-256 of the target file
            <CopyButton text={sha256} label="Copy SHA-256" />
          </div>
          <code className="text-xs break-all">{sha256}</code>
        </div>
      )}
      {manifestPath === null ? null : (
        <div className="flex min-w-0 items-center gap-2 text-xs text-ink-3">
          <span className="shrink-0">Manifest</span>
          <PathText path={manifestPath} className="min-w-0 text-ink" />
          <CopyButton text={manifestPath} label="Copy manifest path" />
        </div>
      )}
    </div>
  );
}
