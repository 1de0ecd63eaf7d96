import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { ChartBarStacked, CircleAlert, GitCompareArrows, Replace, Rows3, Stethoscope } from "lucide-react";
import type { DiskInfo, Fact } from "../../../src-core/model/disk.ts";
import { api } from "../../app/api-client.ts";
import { PageHeader } from "../../app/page-header.tsx";
import { useLibraryItems } from "../../app/queries.ts";
import { ReadFailure } from "../../app/read-failure.tsx";
import { useCheck } from "../../app/use-check.ts";
import { Button } from "../../components/button.tsx";
import { CopyButton } from "../../components/copy-button.tsx";
import { Facts, Panel } from "../../components/panel.tsx";
import { PathText } from "../../components/path-text.tsx";
import { BytesText } from "../../components/quantity.tsx";
import { Tag } from "../../components/tag.tsx";
import { formatBytes, formatPercent } from "../../format/bytes.ts";
import { formatAbsolute } from "../../format/date.ts";
import { baseName, folderOf } from "../../format/path.ts";
import { useOverlays } from "../../ui-state/overlays.ts";
import { AllocationPanel } from "./allocation-panel.tsx";
import { ChainPanel } from "./chain-panel.tsx";

const route = getRouteApi("/disk");

export function DiskPage() {
  const { path } = route.useSearch();
  const { openConvert, openCompare } = useOverlays();
  const check = useCheck();
  const navigate = useNavigate();
  // The file may have changed since it was last looked at: read its headers each time the page is opened.
  const disk = useQuery({ ...api.disks.inspect.queryOptions({ input: { path } }), staleTime: 0 });
  const name = baseName(path) || "Disk";
  return (
    <>
      <PageHeader
        title={name}
        back={{ to: "/library", label: "Back to the library" }}
        note={
          disk.data === undefined ? undefined : (
            <>
              <Tag>{disk.data.format}</Tag>
              {disk.data.subformat === disk.data.format ? null : (
                <span className="truncate">{disk.data.subformat}</span>
              )}
            </>
          )
        }
        actions={
          <>
            <Button busy={check.isPending} onClick={() => check.mutate({ path })} title="Check the image's structure">
              <Stethoscope aria-hidden />
              Check
            </Button>
            <Button
              disabled={disk.data === undefined}
              onClick={() => void navigate({ to: "/costs", search: { disk: path } })}
              title="What keeping it in object storage costs"
            >
              <ChartBarStacked aria-hidden />
              Cost…
            </Button>
            <Button disabled={disk.data === undefined} onClick={() => openCompare(path)}>
              <GitCompareArrows aria-hidden />
              Compare with…
            </Button>
            <Button look="primary" disabled={disk.data === undefined} onClick={() => openConvert(path)}>
              <Replace aria-hidden />
              Convert…
            </Button>
          </>
        }
      />
      <main id="content" tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto outline-none">
        <div className="flex items-center gap-2 border-b border-line px-4 py-1.5">
          <PathText path={path} className="min-w-0" />
          <CopyButton text={path} label="Copy path" />
        </div>
        <div className="grid gap-3 p-4">
          {disk.error !== null ? (
            <ReadFailure bare title="This disk cannot be read" error={disk.error} onRetry={disk.refetch} />
          ) : disk.data === undefined ? (
            <div role="status" aria-label="Reading the headers" className="grid gap-3">
              <div className="skeleton h-16" />
              <div className="skeleton h-52" />
            </div>
          ) : (
            <DiskDetails disk={disk.data} />
          )}
        </div>
      </main>
    </>
  );
}

function DiskDetails({ disk }: { disk: DiskInfo }) {
  return (
    <>
      <Figures disk={disk} />
      {disk.warnings.length === 0 ? null : <Warnings warnings={disk.warnings} />}
      <AllocationPanel
        path={disk.path}
        actions={
          <Link
            to="/extents"
            search={{ path: disk.path, view: "layer" }}
            className="flex items-center gap-1 text-xs text-accent hover:underline"
          >
            <Rows3 aria-hidden className="size-3.5" />
            All extents
          </Link>
        }
      />
      <div className="grid items-start gap-3 xl:grid-cols-2">
        <div className="grid min-w-0 gap-3">
          <FilesPanel disk={disk} />
          <ChainPanel disk={disk} />
          {disk.snapshots.length === 0 ? null : <SnapshotsPanel disk={disk} />}
          <MachinePanel path={disk.path} />
        </div>
        <FactsPanel facts={disk.facts} />
      </div>
    </>
  );
}

function Figures({ disk }: { disk: DiskInfo }) {
  const figures = [
    { name: "Virtual size", value: <BytesText bytes={disk.virtualSizeBytes} /> },
    {
      name: "Allocated",
      value: <BytesText bytes={disk.allocatedBytes} />,
      note: `${formatPercent(disk.allocatedBytes, disk.virtualSizeBytes)} of the virtual size`,
    },
    {
      name: "On disk",
      value: <BytesText bytes={disk.fileSizeBytes} />,
      note: disk.files.length === 1 ? "1 file" : `${disk.files.length} files`,
    },
    { name: "Grain", value: <BytesText bytes={disk.grainBytes} />, note: "smallest unit stored" },
    {
      name: "Depends on",
      value: dependsOn(disk),
      note:
        disk.snapshotCount === 0
          ? "no snapshots"
          : `${disk.snapshotCount} ${disk.snapshotCount === 1 ? "snapshot" : "snapshots"}`,
    },
  ];
  return (
    <dl className="grid grid-cols-2 overflow-hidden rounded-lg border border-line bg-surface md:grid-cols-3 xl:grid-cols-5">
      {figures.map((figure) => (
        <div key={figure.name} className="-mt-px -ml-px border-t border-l border-line px-3.5 py-2.5">
          <dt className="text-xs text-ink-3">{figure.name}</dt>
          <dd className="text-lg font-semibold tracking-tight">{figure.value}</dd>
          {figure.note === undefined ? null : <dd className="text-xs text-ink-2">{figure.note}</dd>}
        </div>
      ))}
    </dl>
  );
}

function dependsOn(disk: DiskInfo): string {
  const count = disk.chain.length;
  if (count > 0) return count === 1 ? "1 parent" : `${count} parents`;
  return disk.backing === null ? "nothing" : "missing parent";
}

function Warnings({ warnings }: { warnings: readonly string[] }) {
  return (
    <section aria-label="Warnings" className="rounded-md border border-warn/45 bg-warn-soft px-3.5 py-2.5">
      <ul className="grid gap-1">
        {warnings.map((warning) => (
          <li key={warning} className="flex gap-2.5">
            <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
            <span className="min-w-0 break-words">{warning}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function FilesPanel({ disk }: { disk: DiskInfo }) {
  return (
    <Panel title="Files" padded={false}>
      <table className="w-full text-left">
        <thead className="text-xs text-ink-3">
          <tr>
            <th scope="col" className="px-3.5 py-1.5 font-normal">
              File
            </th>
            <th scope="col" className="font-normal">
              Role
            </th>
            <th scope="col" className="text-right font-normal">
              Size
            </th>
            <th scope="col" className="px-3.5 text-right font-normal">
              Allocated
            </th>
          </tr>
        </thead>
        <tbody>
          {disk.files.map((file) => (
            <tr key={`${file.role} ${file.path}`} className="border-t border-line/60">
              <td className="max-w-0 w-full px-3.5 py-1.5">
                <PathText path={folderOf(file.path) === disk.folder ? baseName(file.path) : file.path} />
              </td>
              <td className="pr-4 text-xs text-ink-2">{file.role}</td>
              <td className="text-right whitespace-nowrap">
                <BytesText bytes={file.sizeBytes} />
              </td>
              <td className="px-3.5 text-right whitespace-nowrap">
                <BytesText bytes={file.allocatedBytes} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function SnapshotsPanel({ disk }: { disk: DiskInfo }) {
  const openConvert = useOverlays((state) => state.openConvert);
  return (
    <Panel title="Snapshots" note="kept inside the image" padded={false}>
      <ul>
        {disk.snapshots.map((snapshot) => (
          <li
            key={snapshot.id}
            className="flex items-center gap-4 border-t border-line/60 px-3.5 py-1.5 first:border-t-0"
          >
            <span className="mr-auto truncate">
              <span className="font-medium">{snapshot.name}</span>
              <span className="ml-2 font-mono text-xs text-ink-3">{snapshot.id}</span>
            </span>
            <span className="shrink-0 text-ink-2">
              {snapshot.createdAt === null ? "date unknown" : formatAbsolute(snapshot.createdAt)}
            </span>
            <Button
              size="small"
              aria-label={`Convert snapshot ${snapshot.name}`}
              onClick={() => openConvert(disk.path, snapshot.id)}
            >
              Convert…
            </Button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** The machine the disk belongs to, when the library knows one that has a description. */
function MachinePanel({ path }: { path: string }) {
  const { items } = useLibraryItems();
  const machine = items.find((item) => item.kind !== "disk" && item.disks.some((disk) => disk.path === path));
  if (machine === undefined) return null;
  const rows = [
    { name: "Name", value: machine.name },
    { name: "Guest OS", value: machine.guestOs ?? "not said" },
    { name: "Processors", value: machine.cpuCount ?? "not said" },
    { name: "Memory", value: machine.memoryBytes === null ? "not said" : formatBytes(machine.memoryBytes) },
    { name: "Firmware", value: machine.firmware === null ? "not said" : machine.firmware.toUpperCase() },
    { name: "Description", value: <PathText path={machine.path} /> },
  ];
  return (
    <Panel title="Machine" note={machine.kind.toUpperCase()}>
      <Facts rows={rows} />
      {machine.disks.length < 2 ? null : (
        <p className="mt-2 text-xs text-ink-2">
          Other disks:{" "}
          {machine.disks
            .filter((disk) => disk.path !== path)
            .map((disk, index) => (
              <span key={disk.path}>
                {index === 0 ? "" : ", "}
                <Link to="/disk" search={{ path: disk.path }} className="text-accent underline">
                  {disk.name}
                </Link>
              </span>
            ))}
        </p>
      )}
    </Panel>
  );
}

function FactsPanel({ facts }: { facts: readonly Fact[] }) {
  const groups = new Map<string, Fact[]>();
  for (const fact of facts) groups.set(fact.group, [...(groups.get(fact.group) ?? []), fact]);
  const text = facts.map((fact) => `${fact.group} / ${fact.name}: ${fact.value}`).join("\n");
  return (
    <Panel
      title="Header facts"
      note="as the specification names them"
      actions={<CopyButton text={text} label="Copy all facts" />}
    >
      {groups.size === 0 ? <p className="text-ink-3">This format has no header.</p> : null}
      {[...groups].map(([group, rows]) => (
        <section key={group} className="mt-4 first:mt-0">
          <h3 className="mb-1 text-xs font-semibold text-ink-2">{group}</h3>
          <dl className="grid grid-cols-[minmax(9rem,0.7fr)_minmax(0,1fr)] gap-x-4 font-mono text-xs">
            {rows.map((fact) => (
              <div key={fact.name} className="col-span-2 grid grid-cols-subgrid border-t border-line/60 py-[3px]">
                <dt className="break-words text-ink-3">{fact.name}</dt>
                <dd className="break-all">{fact.value}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Panel>
  );
}
