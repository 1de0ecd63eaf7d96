import { useQuery } from "@tanstack/react-query";
import type { Channel, Delivery } from "../../../src-core/model/notification.ts";
import { api } from "../../app/api-client.ts";
import { toErrorData } from "../../app/error-data.ts";
import { scheduledRunHref } from "../../app/links.ts";
import { CopyButton } from "../../components/copy-button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { TimeText } from "../../components/quantity.tsx";
import { Tag } from "../../components/tag.tsx";
import { EVENT_WORDS } from "./channel-words.ts";
import { DeliveryState } from "./delivery-state.tsx";

/** What was sent through a channel lately, and what went wrong. */
export function DeliveriesDialog(props: { channel: Channel; nowMs: number; onClose: () => void }) {
  const { channel, nowMs } = props;
  const sent = useQuery({
    ...api.notifications.deliveries.queryOptions({ input: { id: channel.id, limit: 50 } }),
    staleTime: 0,
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : props.onClose())}
      title={`Sent through ${channel.name}`}
      description="The last 50, newest first."
      width="wide"
    >
      {sent.error !== null ? (
        <ErrorCard error={toErrorData(sent.error)} />
      ) : sent.data === undefined ? (
        <div role="status" aria-label="Loading" className="skeleton h-32" />
      ) : (
        <ul className="-mx-1">
          {sent.data.map((delivery) => (
            <Sent key={delivery.id} delivery={delivery} nowMs={nowMs} />
          ))}
          {sent.data.length === 0 ? <li className="text-ink-2">Nothing was sent yet.</li> : null}
        </ul>
      )}
    </Dialog>
  );
}

function Sent({ delivery, nowMs }: { delivery: Delivery; nowMs: number }) {
  const { title, event, at, error, nextAttemptAt, scheduledRunId } = delivery;
  return (
    <li className="grid gap-1 border-t border-line/60 px-1 py-2 text-sm first:border-t-0">
      <div className="flex items-center gap-2">
        {scheduledRunId === null ? (
          <span className="min-w-0 truncate font-medium">{title}</span>
        ) : (
          <a href={scheduledRunHref(scheduledRunId)} className="min-w-0 truncate font-medium text-accent underline">
            {title}
          </a>
        )}
        <Tag>{EVENT_WORDS[event]}</Tag>
        <TimeText iso={at} nowMs={nowMs} className="ml-auto text-xs text-ink-3" />
      </div>
      <div className="flex items-center gap-1.5 text-xs">
        <DeliveryState delivery={delivery} />
        {nextAttemptAt === null ? null : <TimeText iso={nextAttemptAt} nowMs={nowMs} className="text-ink-2" />}
      </div>
      {error === null ? null : (
        <div className="flex items-start gap-1 text-xs text-ink-2">
          <span className="min-w-0 break-words">{error}</span>
          <CopyButton text={error} label="Copy error" />
        </div>
      )}
    </li>
  );
}
