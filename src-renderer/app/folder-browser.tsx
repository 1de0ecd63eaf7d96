import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { CornerLeftUp, Folder } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "../components/button.tsx";
import { Dialog } from "../components/dialog.tsx";
import { ErrorCard } from "../components/error-card.tsx";
import { formatBytes } from "../format/bytes.ts";
import { api } from "./api-client.ts";
import { toErrorData } from "./error-data.ts";

interface FolderBrowserProps {
  open: boolean;
  /** Where to begin; empty or not there: the home folder. */
  start: string;
  onClose: () => void;
  onChoose: (path: string) => void;
}

/** Chooses a folder where there is no system dialog: the folders of the program's computer, one level at a time. */
export function FolderBrowser({ open, start, onClose, onChoose }: FolderBrowserProps) {
  const [path, setPath] = useState<string | undefined>(undefined);
  useEffect(() => {
    if (open) setPath(start.trim() === "" ? undefined : start.trim());
  }, [open, start]);
  const listing = useQuery({
    ...api.system.folder.queryOptions({ input: path === undefined ? {} : { path } }),
    enabled: open,
    staleTime: 0,
    placeholderData: keepPreviousData,
  });
  const shown = listing.data;
  // A half-typed path is no place to begin: start where the program would.
  const lost = listing.isError && path === start.trim();
  useEffect(() => {
    if (lost) setPath(undefined);
  }, [lost]);
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => (next ? undefined : onClose())}
      title="Choose a folder"
      description={
        <span className="flex items-baseline justify-between gap-3">
          <span className="min-w-0 font-mono text-xs break-all">{shown?.path ?? "…"}</span>
          {shown?.freeBytes == null ? null : (
            <span className="shrink-0 text-xs">{formatBytes(shown.freeBytes)} free</span>
          )}
        </span>
      }
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            disabled={shown === undefined || listing.isError}
            onClick={() => shown !== undefined && onChoose(shown.path)}
          >
            Choose this folder
          </Button>
        </>
      }
    >
      {listing.error !== null ? (
        <ErrorCard
          error={toErrorData(listing.error)}
          actions={
            <Button size="small" onClick={() => setPath(undefined)}>
              Start over
            </Button>
          }
        />
      ) : (
        <ul
          aria-label="Folders"
          aria-busy={listing.isFetching}
          className="h-[46vh] overflow-y-auto rounded-md border border-line bg-raised p-1"
        >
          {shown?.parent == null ? null : (
            <li>
              <FolderButton icon="up" name="Up one level" onClick={() => setPath(shown.parent ?? undefined)} />
            </li>
          )}
          {shown?.folders.map((folder) => (
            <li key={folder.path}>
              <FolderButton icon="folder" name={folder.name} onClick={() => setPath(folder.path)} />
            </li>
          ))}
          {shown !== undefined && shown.folders.length === 0 ? (
            <li className="px-2 py-6 text-center text-ink-3">No folders inside this one.</li>
          ) : null}
          {shown?.truncated === true ? (
            <li className="px-2 py-2 text-xs text-ink-3">There are more; type the path instead.</li>
          ) : null}
        </ul>
      )}
    </Dialog>
  );
}

function FolderButton({ icon, name, onClick }: { icon: "up" | "folder"; name: string; onClick: () => void }) {
  const Icon = icon === "up" ? CornerLeftUp : Folder;
  return (
    <button
      type="button"
      onClick={onClick}
      className="flex h-8 w-full items-center gap-2 rounded px-2 text-left hover:bg-accent-soft focus-visible:bg-accent-soft"
    >
      <Icon aria-hidden className="size-4 shrink-0 text-ink-3" />
      <span className="truncate">{name}</span>
    </button>
  );
}
