import { useMutation } from "@tanstack/react-query";
import { Ellipsis, RefreshCw, Trash2, TriangleAlert } from "lucide-react";
import { useState } from "react";
import type { Library } from "../../../src-core/model/library.ts";
import { api } from "../../app/api-client.ts";
import { toastError } from "../../app/toast-error.ts";
import { announce } from "../../components/announcer.tsx";
import { IconButton } from "../../components/button.tsx";
import { classNames } from "../../components/class-names.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { Menu, MenuItem } from "../../components/menu.tsx";
import { formatCount } from "../../format/bytes.ts";
import { formatAbsolute, formatRelative } from "../../format/date.ts";
import { baseName } from "../../format/path.ts";
import { plural } from "../../format/plural.ts";

interface FolderListProps {
  libraries: readonly Library[];
  chosen: string | null;
  onChoose: (id: string | null) => void;
  onProblems: (library: Library) => void;
  nowMs: number;
}

/** The libraries beside the table: choose one to see only its rows; scan again; remove. */
export function FolderList({ libraries, chosen, onChoose, onProblems, nowMs }: FolderListProps) {
  const disks = libraries.reduce((sum, library) => sum + library.diskCount, 0);
  return (
    <section aria-label="Folders" className="flex w-48 shrink-0 flex-col border-r border-line max-md:hidden">
      <div className="flex h-11 items-center justify-between pr-2 pl-4">
        <h2 className="text-xs font-medium text-ink-2">Folders</h2>
      </div>
      <ul className="min-h-0 flex-1 overflow-y-auto px-2 pb-3">
        <li>
          <button
            type="button"
            aria-pressed={chosen === null}
            onClick={() => onChoose(null)}
            className="flex h-8 w-full items-center justify-between rounded-md px-2 text-left hover:bg-sunken aria-pressed:bg-accent-soft aria-pressed:font-medium"
          >
            All folders
            <span className="text-xs text-ink-3">{formatCount(disks)}</span>
          </button>
        </li>
        {libraries.map((library) => (
          <FolderEntry
            key={library.id}
            library={library}
            chosen={chosen === library.id}
            onChoose={() => onChoose(chosen === library.id ? null : library.id)}
            onProblems={() => onProblems(library)}
            nowMs={nowMs}
          />
        ))}
      </ul>
    </section>
  );
}

function FolderEntry(props: {
  library: Library;
  chosen: boolean;
  onChoose: () => void;
  onProblems: () => void;
  nowMs: number;
}) {
  const { library, chosen } = props;
  const [removing, setRemoving] = useState(false);
  const onError = toastError;
  const rescan = useMutation(api.libraries.rescan.mutationOptions({ onError }));
  const remove = useMutation(
    api.libraries.remove.mutationOptions({
      onError,
      onSuccess: () => {
        announce(`Folder ${library.path} removed`);
        if (chosen) props.onChoose();
      },
    }),
  );
  const scanning = library.scan.state === "scanning";
  const troubled = library.scan.error !== null || library.scan.warnings.length > 0;
  const name = baseName(library.path) || library.path;
  return (
    <li
      className={classNames(
        "group relative mt-0.5 rounded-md hover:bg-sunken",
        chosen && "bg-accent-soft hover:bg-accent-soft",
      )}
    >
      <button
        type="button"
        aria-pressed={chosen}
        title={library.path}
        onClick={props.onChoose}
        className="block w-full rounded-md px-2 py-1.5 pr-9 text-left"
      >
        <span className="flex items-center gap-1.5">
          <span className={classNames("truncate", chosen && "font-medium")}>{name}</span>
        </span>
        <ScanLine library={library} nowMs={props.nowMs} />
        {scanning ? <span aria-hidden className="busy-stripe mt-1 block h-0.5 rounded-full" /> : null}
      </button>
      <span className="absolute top-1 right-1 flex items-center">
        {troubled ? (
          <IconButton label={`Problems in ${name}`} className="size-6 text-warn" onClick={props.onProblems}>
            <TriangleAlert aria-hidden />
          </IconButton>
        ) : null}
        <Menu
          trigger={
            <IconButton label={`Actions for ${name}`} className="size-6">
              <Ellipsis aria-hidden />
            </IconButton>
          }
        >
          <MenuItem disabled={scanning} onSelect={() => rescan.mutate({ id: library.id })}>
            <RefreshCw aria-hidden />
            Scan again
          </MenuItem>
          <MenuItem danger onSelect={() => setRemoving(true)}>
            <Trash2 aria-hidden />
            Remove…
          </MenuItem>
        </Menu>
      </span>
      <ConfirmDialog
        open={removing}
        onOpenChange={setRemoving}
        title={`Remove ${name} from the library?`}
        action="Remove"
        onConfirm={() => remove.mutate({ id: library.id })}
      >
        <p className="font-mono text-xs break-all">{library.path}</p>
        <p className="mt-2">
          The folder is no longer listed or read. Its files stay as they are; you can add it again.
        </p>
      </ConfirmDialog>
    </li>
  );
}

function ScanLine({ library, nowMs }: { library: Library; nowMs: number }) {
  const { scan, machineCount, diskCount } = library;
  const disks = plural(diskCount, "disk");
  const counts = machineCount === 0 ? disks : `${plural(machineCount, "machine")}, ${disks}`;
  if (scan.state === "scanning")
    return (
      <span className="block truncate text-2xs text-ink-2">scanning, {formatCount(scan.filesSeen)} files seen</span>
    );
  if (scan.state === "failed") return <span className="block truncate text-2xs text-bad">scan failed · {counts}</span>;
  if (scan.finishedAt === null) return <span className="block text-2xs text-ink-3">not scanned yet</span>;
  return (
    <span className="block truncate text-2xs text-ink-3" title={`Scanned ${formatAbsolute(scan.finishedAt)}`}>
      {counts}
      <span className="sr-only">, scanned {formatRelative(scan.finishedAt, nowMs)}</span>
    </span>
  );
}
