import { CircleAlert, CircleSlash, ShieldCheck } from "lucide-react";
import type { ReactNode } from "react";
import type { ExportResult } from "../../../src-core/model/export.ts";
import { CopyButton } from "../../components/copy-button.tsx";
import { Facts, Panel } from "../../components/panel.tsx";
import { PathText } from "../../components/path-text.tsx";
import { BytesText } from "../../components/quantity.tsx";
import { formatBytes, formatRate } from "../../format/bytes.ts";
import { formatDuration } from "../../format/duration.ts";
import { OUTPUT_WORDS } from "../../format/export-words.ts";
import { baseName } from "../../format/path.ts";

/** What an export made: its files with their checksums, what it warns of, and what it left out. */
export function ExportResultPanel({ result, warnings }: { result: ExportResult; warnings: readonly string[] }) {
  const { disks, leftOut } = result;
  return (
    <Panel title="Result" note={OUTPUT_WORDS[result.output].label} padded={false}>
      <div className="p-3.5">
        <Facts rows={resultRows(result)} />
      </div>
      {warnings.length === 0 && leftOut.length === 0 ? null : (
        <ul aria-label="Warnings" className="grid gap-1.5 border-t border-line px-3.5 py-3">
          {leftOut.map(({ key, label, reason }) => (
            <Remark key={key} icon={<CircleSlash aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />}>
              <span className="font-medium">{label} was left out</span>: {reason}
            </Remark>
          ))}
          {warnings.map((warning) => (
            <Remark key={warning} icon={<CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />}>
              {warning}
            </Remark>
          ))}
        </ul>
      )}
      <ul aria-label="Exported disks">
        {disks.map((disk) => (
          <DiskFile key={disk.key} disk={disk} />
        ))}
      </ul>
    </Panel>
  );
}

function resultRows({ path, manifestPath, disks, durationMs, resumedFromBytes }: ExportResult) {
  const written = disks.reduce((sum, disk) => sum + disk.writtenBytes, 0);
  const pace = durationMs > 0 && written > 0 ? ` (${formatRate((written / durationMs) * 1000)} of data)` : "";
  return [
    { name: "Made", value: <CopiedPath path={path} label="Copy path of the result" /> },
    { name: "Manifest", value: <CopiedPath path={manifestPath} label="Copy manifest path" /> },
    { name: "Took", value: `${formatDuration(durationMs)}${pace}` },
    ...(resumedFromBytes === null ? [] : [{ name: "Resumed at", value: <BytesText bytes={resumedFromBytes} /> }]),
  ];
}

function CopiedPath({ path, label }: { path: string; label: string }) {
  return (
    <span className="flex items-center gap-1">
      <PathText path={path} />
      <CopyButton text={path} label={label} />
    </span>
  );
}

function Remark({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return (
    <li className="flex gap-2">
      {icon}
      <span className="min-w-0 break-words">{children}</span>
    </li>
  );
}

function DiskFile({ disk }: { disk: ExportResult["disks"][number] }) {
  const { label, path, capacityBytes, writtenBytes, fileSizeBytes, transport, sha256 } = disk;
  return (
    <li className="grid gap-x-8 gap-y-1 border-t border-line px-3.5 py-3 lg:grid-cols-2">
      <div className="min-w-0">
        <p className="flex items-baseline gap-2">
          <span className="min-w-0 truncate font-medium" title={label}>
            {label}
          </span>
          <span className="shrink-0 font-mono text-xs text-ink-2" title={path}>
            {baseName(path)}
          </span>
        </p>
        <p className="text-xs text-ink-2">
          file of <BytesText bytes={fileSizeBytes} />, {formatBytes(writtenBytes)} of data, disk of{" "}
          {formatBytes(capacityBytes)}
        </p>
        <p className="text-xs break-words text-ink-3">transport: {transport}</p>
      </div>
      <div className="min-w-0">
        <div className="flex items-center gap-1 text-xs text-ink-3">
          <ShieldCheck aria-hidden className="size-3.5 text-ok" />
          SHA-256
          <CopyButton text={sha256} label={`Copy SHA-256 of ${baseName(path)}`} />
        </div>
        <code className="text-xs break-all">{sha256}</code>
      </div>
    </li>
  );
}
