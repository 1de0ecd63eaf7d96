import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { ExportRequest } from "../../../src-core/model/export.ts";
import { useSource } from "../../app/source-queries.ts";
import { CopyButton } from "../../components/copy-button.tsx";
import { PathText } from "../../components/path-text.tsx";
import { OUTPUT_WORDS, outputWords, POWER_WORDS, QUIESCE_WORDS, timedLimitWords } from "../../format/export-words.ts";

/** What was asked of an export, for the summary of its job. */
export function exportRequestRows(request: ExportRequest): { name: string; value: ReactNode }[] {
  const { output, folder, quiesce, power, diskKeys, limitsByTime } = request;
  const archive = output.kind === "ova";
  return [
    { name: "Source", value: <MachineLink request={request} /> },
    ...(request.name === undefined ? [] : [{ name: "Called", value: request.name }]),
    { name: "Output", value: <span title={OUTPUT_WORDS[output.kind].means}>{outputWords(output)}</span> },
    {
      name: "Folder",
      value: (
        <span className="flex items-center gap-1">
          <PathText path={folder} />
          <CopyButton text={folder} label="Copy target folder" />
        </span>
      ),
    },
    ...(diskKeys === undefined ? [] : [{ name: "Disks", value: `${diskKeys.length} chosen` }]),
    {
      name: "If it runs",
      value: power === "leave" ? `${POWER_WORDS[power].said}, ${QUIESCE_WORDS[quiesce].said}` : POWER_WORDS[power].said,
    },
    {
      name: "Reads",
      value: `${archive || request.disksAtOnce === 1 ? "one disk" : `${request.disksAtOnce} disks`} at once, up to ${request.connectionsPerHost} connections a host`,
    },
    ...(limitsByTime.length === 0
      ? []
      : [{ name: "By time of day", value: limitsByTime.map(timedLimitWords).join("; ") }]),
  ];
}

/** To the machine in its source, as long as that is known. */
function MachineLink({ request: { sourceId, machineId } }: { request: ExportRequest }) {
  const source = useSource(sourceId);
  if (source === undefined || source === null) return source === null ? "removed since" : "…";
  return (
    <Link
      to="/sources/$sourceId"
      params={{ sourceId }}
      search={{ machine: machineId }}
      className="text-accent hover:underline"
    >
      {source.name}
    </Link>
  );
}
