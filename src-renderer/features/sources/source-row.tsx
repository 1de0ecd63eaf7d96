import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Ellipsis, FolderOpen, Pencil, PlugZap, Power, RefreshCw, Server, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Source } from "../../../src-core/model/source.ts";
import { api } from "../../app/api-client.ts";
import { toastError } from "../../app/toast-error.ts";
import { announce } from "../../components/announcer.tsx";
import { Button, IconButton } from "../../components/button.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { Menu, MenuItem } from "../../components/menu.tsx";
import { TimeText } from "../../components/quantity.tsx";
import { plural } from "../../format/plural.ts";
import { SourceState } from "./source-state.tsx";
import { KIND_LABELS } from "./source-words.ts";

interface SourceRowProps {
  source: Source;
  nowMs: number;
  onEdit: () => void;
  onTest: () => void;
}

export function SourceRow({ source, nowMs, onEdit, onTest }: SourceRowProps) {
  const { id, name, enabled, connection, inventory } = source;
  const [removing, setRemoving] = useState(false);
  const onError = toastError;
  const enable = useMutation(api.sources.enable.mutationOptions({ onError }));
  const disable = useMutation(api.sources.disable.mutationOptions({ onError }));
  const reconnect = useMutation(api.sources.reconnect.mutationOptions({ onError }));
  const remove = useMutation(
    api.sources.remove.mutationOptions({ onError, onSuccess: () => announce(`Source ${name} removed`) }),
  );
  const Icon = source.kind === "local" ? FolderOpen : Server;
  return (
    <li className="flex items-start gap-3.5 rounded-lg border border-line bg-surface px-4 py-3">
      <Icon aria-hidden className="mt-0.5 size-5 shrink-0 text-ink-3" />
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-baseline gap-x-3">
          <Link
            to="/sources/$sourceId"
            params={{ sourceId: id }}
            className="truncate text-base font-semibold text-accent hover:underline"
          >
            {name}
          </Link>
          <span className="text-xs text-ink-3">{KIND_LABELS[source.kind]}</span>
        </div>
        <p className="truncate font-mono text-xs text-ink-2" title={source.address}>
          {source.username === null ? "" : `${source.username} · `}
          {source.address}
        </p>
        {connection.error === null || connection.state === "connected" ? null : (
          <p className="mt-1.5 text-sm">
            <span className="text-bad">{connection.error.message}</span>{" "}
            <span className="text-ink-2">
              {connection.error.hint}
              {connection.retryAt === null ? null : (
                <>
                  {" "}
                  Next try <RetryIn at={connection.retryAt} nowMs={nowMs} />.
                </>
              )}
            </span>
          </p>
        )}
      </div>
      <div className="w-44 shrink-0 text-right">
        <SourceState source={source} />
        <p className="mt-0.5 text-xs text-ink-2">
          {plural(inventory.machineCount, "machine")}
          {inventory.knownAt === null || connection.state === "connected" ? null : (
            <>
              , seen <TimeText iso={inventory.knownAt} nowMs={nowMs} />
            </>
          )}
        </p>
      </div>
      <div className="flex shrink-0 items-center gap-1">
        {connection.state === "failed" ? (
          <Button size="small" busy={reconnect.isPending} onClick={() => reconnect.mutate({ id })}>
            <RefreshCw aria-hidden />
            Connect now
          </Button>
        ) : null}
        <Menu
          trigger={
            <IconButton label={`Actions for ${name}`}>
              <Ellipsis aria-hidden />
            </IconButton>
          }
        >
          <MenuItem onSelect={onTest}>
            <PlugZap aria-hidden />
            Test…
          </MenuItem>
          <MenuItem onSelect={onEdit}>
            <Pencil aria-hidden />
            Edit…
          </MenuItem>
          <MenuItem onSelect={() => (enabled ? disable : enable).mutate({ id })}>
            <Power aria-hidden />
            {enabled ? "Disable" : "Enable"}
          </MenuItem>
          <MenuItem danger onSelect={() => setRemoving(true)}>
            <Trash2 aria-hidden />
            Remove…
          </MenuItem>
        </Menu>
      </div>
      <ConfirmDialog
        open={removing}
        onOpenChange={setRemoving}
        title={`Remove ${name}?`}
        action="Remove"
        onConfirm={() => remove.mutate({ id })}
      >
        <p className="font-mono text-xs break-all">{source.address}</p>
        <p className="mt-2">
          Its password and what is known of its {plural(inventory.machineCount, "machine")} are forgotten. Nothing is
          changed on the source itself.
        </p>
      </ConfirmDialog>
    </li>
  );
}

/** "in 12 s", or "now". */
function RetryIn({ at, nowMs }: { at: string; nowMs: number }) {
  const seconds = Math.round((Date.parse(at) - nowMs) / 1000);
  return <>{seconds <= 0 ? "now" : `in ${seconds} s`}</>;
}
