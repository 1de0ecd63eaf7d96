import { useMutation } from "@tanstack/react-query";
import { CirclePause, Unplug } from "lucide-react";
import type { Source } from "../../../src-core/model/source.ts";
import { api } from "../../app/api-client.ts";
import { toastError } from "../../app/toast-error.ts";
import { Button } from "../../components/button.tsx";
import { TimeText } from "../../components/quantity.tsx";

interface ConnectionNoteProps {
  source: Source;
  nowMs: number;
  onEdit: () => void;
  onTest: () => void;
}

/** Above the inventory of a source that is not connected: why, how old the picture is, and what to do. */
export function ConnectionNote({ source, nowMs, onEdit, onTest }: ConnectionNoteProps) {
  const { id, connection, inventory } = source;
  const onError = toastError;
  const reconnect = useMutation(api.sources.reconnect.mutationOptions({ onError }));
  const enable = useMutation(api.sources.enable.mutationOptions({ onError }));
  const failed = connection.error !== null && connection.state !== "connected";
  if (!failed && connection.state !== "disabled") return null;
  const untrusted = connection.error?.code === "source.certificate" || connection.error?.code === "source.host-key";
  const Icon = failed ? Unplug : CirclePause;
  return (
    <section
      role="status"
      aria-label="Not connected"
      className={`flex shrink-0 items-start gap-3 border-b border-line px-4 py-2.5 ${failed ? "bg-warn-soft" : "bg-sunken"}`}
    >
      <Icon aria-hidden className={`mt-0.5 size-4 shrink-0 ${failed ? "text-warn" : "text-ink-3"}`} />
      <div className="min-w-0 flex-1">
        <p className="break-words">
          {failed ? connection.error?.message : "This source is disabled."}{" "}
          <span className="text-ink-2">{connection.error?.hint}</span>
        </p>
        <p className="text-xs text-ink-2">
          {inventory.knownAt === null ? (
            "Nothing was seen of it yet."
          ) : (
            <>
              What is shown was seen <TimeText iso={inventory.knownAt} nowMs={nowMs} />.
            </>
          )}
        </p>
      </div>
      {untrusted ? (
        <Button size="small" onClick={onTest}>
          Compare…
        </Button>
      ) : null}
      {failed ? (
        <>
          <Button size="small" onClick={onEdit}>
            Edit…
          </Button>
          <Button
            size="small"
            busy={reconnect.isPending || connection.state === "connecting"}
            onClick={() => reconnect.mutate({ id })}
          >
            Connect now
          </Button>
        </>
      ) : (
        <Button size="small" busy={enable.isPending} onClick={() => enable.mutate({ id })}>
          Enable
        </Button>
      )}
    </section>
  );
}
