import { Camera, CircleAlert, Layers, OctagonX, Replace } from "lucide-react";
import type { MachineKind } from "../../../src-core/model/library.ts";
import { diskHref } from "../../app/links.ts";
import { Button } from "../../components/button.tsx";
import type { GridColumn } from "../../components/data-grid.tsx";
import { BytesText } from "../../components/quantity.tsx";
import { Tag } from "../../components/tag.tsx";
import { formatBytes, formatPercent } from "../../format/bytes.ts";
import type { LibraryRow } from "./library-rows.ts";

export const KIND_WORDS: Record<MachineKind, string> = { ovf: "OVF", vmx: "VMX", disk: "Disk" };

const NONE = <span className="text-ink-3">–</span>;

/** The columns of the library table. Rows that cannot be read say so where their format would stand. */
export function diskColumns(onProblem: (row: LibraryRow) => void): GridColumn<LibraryRow>[] {
  return [
    {
      id: "machine",
      header: "Machine",
      width: 8.5,
      grow: 1.2,
      // The place within the machine keeps its disks in order.
      value: (row) => `${row.item.name} ${row.item.path} ${row.position ?? ""}`,
      cell: (row) => (
        <>
          <span
            className={`truncate ${row.item.kind === "disk" ? "text-ink-2" : "font-medium"}`}
            title={machineTitle(row)}
          >
            {row.item.name}
          </span>
          {row.item.kind === "disk" ? null : (
            <span className="shrink-0 text-2xs text-ink-3">
              {[KIND_WORDS[row.item.kind], row.position].filter((word) => word !== null).join(", ")}
            </span>
          )}
        </>
      ),
    },
    {
      id: "kind",
      header: "Kind",
      width: 4.25,
      value: (row) => KIND_WORDS[row.item.kind],
      cell: (row) => <span className="text-ink-2">{KIND_WORDS[row.item.kind]}</span>,
    },
    {
      id: "disk",
      header: "Disk",
      width: 9,
      grow: 1.5,
      value: (row) => row.disk?.name ?? null,
      cell: (row) =>
        row.disk === null ? (
          <span className="text-ink-3">no disk</span>
        ) : (
          <a
            href={diskHref(row.disk.path)}
            tabIndex={-1}
            title={row.disk.path}
            className="truncate text-accent hover:underline"
          >
            {row.disk.name}
          </a>
        ),
    },
    {
      id: "format",
      header: "Format",
      width: 11,
      grow: 1,
      spills: (row) => row.error !== null,
      value: (row) => (row.disk?.summary ? `${row.disk.summary.format} ${row.disk.summary.subformat}` : null),
      cell: (row) => <FormatCell row={row} onProblem={onProblem} />,
    },
    {
      id: "virtual",
      header: "Virtual size",
      width: 5.75,
      align: "right",
      biggestFirst: true,
      value: (row) => row.disk?.summary?.virtualSizeBytes ?? null,
      cell: (row) => (row.disk?.summary ? <BytesText bytes={row.disk.summary.virtualSizeBytes} /> : null),
    },
    {
      id: "allocated",
      header: "Allocated",
      width: 7.25,
      align: "right",
      biggestFirst: true,
      value: (row) => row.disk?.summary?.allocatedBytes ?? null,
      cell: (row) =>
        row.disk?.summary ? (
          <AllocatedCell allocated={row.disk.summary.allocatedBytes} virtual={row.disk.summary.virtualSizeBytes} />
        ) : null,
    },
    {
      id: "snapshots",
      header: "Snapshots",
      width: 5.75,
      grow: 0.5,
      biggestFirst: true,
      value: (row) => row.snapshotCount + (row.disk?.summary?.backing ? 0.5 : 0),
      cell: (row) => <LinkageCell row={row} />,
    },
    {
      id: "guest",
      header: "Guest",
      width: 5.25,
      grow: 0.7,
      value: (row) => row.item.guestOs,
      cell: (row) => (row.item.guestOs === null ? NONE : <span className="truncate">{row.item.guestOs}</span>),
    },
    {
      id: "folder",
      header: "Folder",
      width: 6.25,
      grow: 1.4,
      value: (row) => row.item.folder,
      cell: (row) => (
        // Cut at the front: the end of a folder tells more than its beginning.
        <span dir="rtl" className="truncate text-left font-mono text-xs text-ink-2" title={row.item.folder}>
          <bdi dir="ltr">{row.item.folder}</bdi>
        </span>
      ),
    },
  ];
}

function machineTitle({ item }: LibraryRow): string {
  const facts = [
    item.path,
    item.guestOs,
    item.cpuCount === null ? null : `${item.cpuCount} CPU`,
    item.memoryBytes === null ? null : `${formatBytes(item.memoryBytes)} memory`,
    item.firmware === null ? null : item.firmware.toUpperCase(),
  ];
  return facts.filter((fact) => fact !== null).join("\n");
}

function FormatCell({ row, onProblem }: { row: LibraryRow; onProblem: (row: LibraryRow) => void }) {
  const summary = row.disk?.summary;
  if (row.error !== null) {
    return (
      <button
        type="button"
        tabIndex={-1}
        onClick={() => onProblem(row)}
        title={row.error.message}
        className="flex w-[22rem] shrink-0 items-center gap-1.5 text-left text-bad hover:underline"
      >
        <OctagonX aria-hidden className="size-3.5 shrink-0" />
        <span className="truncate">Unreadable: {row.error.message}</span>
      </button>
    );
  }
  if (!summary) return NONE;
  return (
    <>
      <Tag>{summary.format}</Tag>
      {summary.subformat === summary.format ? null : (
        <span className="truncate text-ink-2" title={summary.subformat}>
          {summary.subformat}
        </span>
      )}
      {row.warnings.length === 0 ? null : (
        <button
          type="button"
          tabIndex={-1}
          onClick={() => onProblem(row)}
          title={row.warnings.join("\n")}
          className="shrink-0 text-warn"
        >
          <CircleAlert aria-hidden className="size-3.5" />
          <span className="sr-only">{row.warnings.length} warnings</span>
        </button>
      )}
    </>
  );
}

function AllocatedCell({ allocated, virtual }: { allocated: number; virtual: number }) {
  const share = virtual === 0 ? 0 : Math.min(1, allocated / virtual);
  return (
    <>
      <span
        aria-hidden
        title={`${formatPercent(allocated, virtual)} of the virtual size`}
        className="h-1.5 w-9 shrink-0 rounded-[1px] bg-line max-xl:hidden"
        style={{ background: `linear-gradient(90deg, var(--accent-fill) ${share * 100}%, var(--line) 0)` }}
      />
      <BytesText bytes={allocated} className="min-w-16" />
    </>
  );
}

function LinkageCell({ row }: { row: LibraryRow }) {
  const backing = row.disk?.summary?.backing ?? null;
  if (row.snapshotCount === 0 && backing === null) return NONE;
  return (
    <>
      {row.snapshotCount === 0 ? null : (
        <span className="flex items-center gap-1" title={`${row.snapshotCount} snapshots`}>
          <Camera aria-hidden className="size-3.5 text-ink-3" />
          {row.snapshotCount}
          <span className="sr-only"> snapshots</span>
        </span>
      )}
      {backing === null ? null : (
        <span
          className={`flex min-w-0 items-center gap-1 ${backing.problem === null ? "" : "text-warn"}`}
          title={
            backing.problem === null
              ? `Backed by ${backing.path ?? backing.name}`
              : `${backing.name}: ${backing.problem}`
          }
        >
          <Layers aria-hidden className="size-3.5 shrink-0" />
          <span className="truncate">{backing.name}</span>
        </span>
      )}
    </>
  );
}

/** What can be done with a row, at its right end. */
export function RowActions({ row, onConvert }: { row: LibraryRow; onConvert: (row: LibraryRow) => void }) {
  if (!row.disk?.summary) return null;
  return (
    <Button size="small" tabIndex={-1} className="h-6.5" onClick={() => onConvert(row)}>
      <Replace aria-hidden />
      Convert…
    </Button>
  );
}
