import { useMutation, useQuery } from "@tanstack/react-query";
import { CircleCheck, Trash2 } from "lucide-react";
import type { Source } from "../../../src-core/model/source.ts";
import { api } from "../../app/api-client.ts";
import { toErrorData } from "../../app/error-data.ts";
import { toastError } from "../../app/toast-error.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { TimeText } from "../../components/quantity.tsx";

/** What exports that ended badly left on the source: shown first, removed one by one when asked. */
export function LeftoversDialog({ source, nowMs, onClose }: { source: Source; nowMs: number; onClose: () => void }) {
  const query = useQuery({
    ...api.sources.leftovers.queryOptions({ input: { id: source.id } }),
    staleTime: 0,
    gcTime: 0,
  });
  const remove = useMutation(
    api.sources.removeLeftover.mutationOptions({ onError: toastError, onSettled: () => void query.refetch() }),
  );
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={`Leftovers on ${source.name}`}
      description="Snapshots, backup jobs and scratch files that carry this program's mark, of exports that are no longer alive. What another installation of this program exports with right now looks the same."
      footer={
        <Button look="primary" onClick={onClose}>
          Close
        </Button>
      }
    >
      {query.error !== null ? (
        <ErrorCard error={toErrorData(query.error)} />
      ) : query.data === undefined ? (
        <div role="status" aria-label="Looking" className="skeleton h-10" />
      ) : query.data.length === 0 ? (
        <p className="flex items-center gap-2">
          <CircleCheck aria-hidden className="size-4 text-ok" />
          Nothing was left behind.
        </p>
      ) : (
        <ul className="grid gap-2">
          {query.data.map((leftover) => (
            <li key={leftover.id} className="flex items-start gap-3 rounded-md border border-line px-3 py-2">
              <div className="min-w-0 flex-1">
                <p className="font-medium">
                  {leftover.kind} of {leftover.machineName}
                </p>
                <p className="text-xs break-words text-ink-2">{leftover.description}</p>
                <p className="font-mono text-2xs text-ink-3">{leftover.mark}</p>
              </div>
              {leftover.createdAt === null ? null : (
                <TimeText iso={leftover.createdAt} nowMs={nowMs} className="text-xs text-ink-3" />
              )}
              <Button
                size="small"
                busy={remove.isPending && remove.variables.leftoverId === leftover.id}
                onClick={() => remove.mutate({ id: source.id, leftoverId: leftover.id })}
              >
                <Trash2 aria-hidden />
                Remove
              </Button>
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}
