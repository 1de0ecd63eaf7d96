import { useQuery } from "@tanstack/react-query";
import { Check, Minus } from "lucide-react";
import { api } from "../../app/api-client.ts";
import { endSession } from "../../app/end-session.ts";
import { useSystem } from "../../app/queries.ts";
import { inWindow } from "../../app/transport.ts";
import { Button } from "../../components/button.tsx";
import { CopyButton } from "../../components/copy-button.tsx";
import { Facts, Panel } from "../../components/panel.tsx";
import { PathText } from "../../components/path-text.tsx";
import { TimeText } from "../../components/quantity.tsx";
import { useNow } from "../../components/use-now.ts";
import { calibrationWords } from "../../format/prediction.ts";

const ABILITIES = [
  { key: "read", word: "Read" },
  { key: "write", word: "Write" },
  { key: "differencing", word: "Parents" },
  { key: "compressed", word: "Compressed" },
] as const;

/** What this program is, where it keeps things, and what its engine can do. */
export function AboutPanel() {
  const system = useSystem();
  const now = useNow();
  const calibration = useQuery(api.system.calibration.queryOptions({ staleTime: 0 }));
  if (system === undefined) return <div role="status" aria-label="Loading" className="skeleton h-48" />;
  const docs = `${system.url}/api/docs`;
  const { engine } = system;
  const rows = [
    { name: "Version", value: `${system.name} ${system.version}` },
    { name: "Runs as", value: system.shell === "window" ? "desktop window" : "service, pages in a browser" },
    { name: "Platform", value: `${system.platform}, Node ${system.nodeVersion}` },
    {
      name: "Engine",
      value: `${engine.kernels} kernels${engine.reason === null ? "" : ` (${engine.reason})`}, ${engine.threads} ${engine.threads === 1 ? "thread" : "threads"}, zstd ${engine.zstd}`,
    },
    { name: "Predictions", value: calibrationWords(calibration.data) },
    { name: "Started", value: <TimeText iso={system.startedAt} nowMs={now} /> },
    {
      name: "Data folder",
      value: (
        <span className="flex items-center gap-1">
          <PathText path={system.dataFolder} />
          <CopyButton text={system.dataFolder} label="Copy data folder" />
        </span>
      ),
    },
    {
      name: "Address",
      value: (
        <span className="flex items-center gap-1 font-mono text-xs">
          {system.url}
          <CopyButton text={system.url} label="Copy address" />
        </span>
      ),
    },
    {
      name: "API",
      value: (
        <a href={docs} target="_blank" rel="noreferrer" className="text-accent underline">
          API documentation
        </a>
      ),
    },
  ];
  return (
    <Panel
      title="About"
      actions={
        inWindow ? undefined : (
          <Button size="small" onClick={() => void endSession()}>
            Sign out of this browser
          </Button>
        )
      }
    >
      <Facts rows={rows} />
      <table className="mt-4 w-full text-left">
        <caption className="pb-1 text-left text-xs font-semibold text-ink-2">Disk formats of the engine</caption>
        <thead className="text-xs text-ink-3">
          <tr>
            <th scope="col" className="py-1 font-normal">
              Format
            </th>
            <th scope="col" className="font-normal">
              Files
            </th>
            {ABILITIES.map(({ key, word }) => (
              <th key={key} scope="col" className="w-24 text-center font-normal">
                {word}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {system.formats.map((format) => (
            <tr key={format.id} className="border-t border-line/60">
              <th scope="row" className="py-1 font-medium">
                {format.label}
              </th>
              <td className="font-mono text-xs text-ink-2">{format.extensions.map((e) => `.${e}`).join(" ")}</td>
              {ABILITIES.map(({ key }) => (
                <td key={key} className="text-center">
                  {format.can[key] ? (
                    <Check aria-label="yes" className="inline size-4 text-ok" />
                  ) : (
                    <Minus aria-label="no" className="inline size-4 text-ink-3" />
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
