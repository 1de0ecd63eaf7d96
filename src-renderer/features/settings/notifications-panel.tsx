import { useMutation, useQuery } from "@tanstack/react-query";
import { Bell, Mail, Plus, Webhook } from "lucide-react";
import { useState } from "react";
import type { Channel, ChannelKind, Delivery } from "../../../src-core/model/notification.ts";
import { api, queryClient } from "../../app/api-client.ts";
import { toErrorData } from "../../app/error-data.ts";
import { toastError } from "../../app/toast-error.ts";
import { announce } from "../../components/announcer.tsx";
import { Button } from "../../components/button.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { Panel } from "../../components/panel.tsx";
import { TimeText } from "../../components/quantity.tsx";
import { Tag } from "../../components/tag.tsx";
import { useNow } from "../../components/use-now.ts";
import { ChannelDialog } from "./channel-dialog.tsx";
import { rulesWords, targetWords } from "./channel-words.ts";
import { DeliveriesDialog } from "./deliveries-dialog.tsx";
import { DeliveryState } from "./delivery-state.tsx";

const channelsQuery = api.notifications.list.queryOptions();
const ICONS: Record<ChannelKind, typeof Bell> = { desktop: Bell, email: Mail, webhook: Webhook };

/** Who is told how schedules fare: channels, what was sent through them last, and a test of each. */
export function NotificationsPanel() {
  const now = useNow();
  const channels = useQuery({ ...channelsQuery, staleTime: 0 });
  const [edited, setEdited] = useState<Channel | "new" | null>(null);
  const [removing, setRemoving] = useState<Channel | null>(null);
  const [looking, setLooking] = useState<Channel | null>(null);
  const refresh = () => queryClient.invalidateQueries({ queryKey: channelsQuery.queryKey });
  const remove = useMutation(api.notifications.remove.mutationOptions({ onSuccess: refresh, onError: toastError }));
  return (
    <Panel
      title="Notifications"
      note="who is told how schedules fare"
      padded={false}
      actions={
        <Button size="small" onClick={() => setEdited("new")}>
          <Plus aria-hidden />
          Add channel
        </Button>
      }
    >
      {channels.error !== null ? (
        <div className="p-3.5">
          <ErrorCard error={toErrorData(channels.error)} />
        </div>
      ) : channels.data === undefined ? (
        <div role="status" aria-label="Loading" className="p-3.5">
          <div className="skeleton h-12" />
        </div>
      ) : (
        <ul>
          {channels.data.map((channel) => (
            <ChannelItem
              key={channel.id}
              channel={channel}
              nowMs={now}
              onEdit={() => setEdited(channel)}
              onRemove={() => setRemoving(channel)}
              onLook={() => setLooking(channel)}
            />
          ))}
          {channels.data.length === 0 ? (
            <li className="p-3.5 text-ink-2">Nobody is told of failures. Add a channel to be.</li>
          ) : null}
        </ul>
      )}
      {edited === null ? null : (
        <ChannelDialog channel={edited === "new" ? null : edited} onClose={() => setEdited(null)} />
      )}
      {looking === null ? null : <DeliveriesDialog channel={looking} nowMs={now} onClose={() => setLooking(null)} />}
      <ConfirmDialog
        open={removing !== null}
        onOpenChange={(open) => (open ? undefined : setRemoving(null))}
        title={`Remove ${removing?.name ?? ""}?`}
        action="Remove"
        onConfirm={() => removing !== null && remove.mutate({ id: removing.id })}
      >
        Nothing is told through it any more. Its password or key and the list of what was sent are forgotten.
      </ConfirmDialog>
    </Panel>
  );
}

function ChannelItem(props: {
  channel: Channel;
  nowMs: number;
  onEdit: () => void;
  onRemove: () => void;
  onLook: () => void;
}) {
  const { channel, nowMs } = props;
  const { id, name, enabled, target, last } = channel;
  const Icon = ICONS[target.kind];
  const [tested, setTested] = useState<Delivery | null>(null);
  const test = useMutation(
    api.notifications.test.mutationOptions({
      onSuccess: (delivery) => {
        setTested(delivery);
        announce(delivery.state === "sent" ? `The test of ${name} was sent` : `The test of ${name} was not sent`);
      },
    }),
  );
  const { id: _id, hasSecret: _has, last: _last, ...settings } = channel;
  const turn = useMutation(api.notifications.update.mutationOptions({ onError: toastError }));
  const trouble = test.error === null ? null : toErrorData(test.error);
  return (
    <li className="grid gap-2 border-t border-line/60 px-3.5 py-2.5 first:border-t-0">
      <div className="flex items-start gap-3">
        <Icon aria-hidden className="mt-0.5 size-4 shrink-0 text-ink-3" />
        <div className="min-w-0 flex-1">
          <div className="flex items-center gap-2">
            <span className="truncate font-medium">{name}</span>
            <span className="truncate text-xs text-ink-2">{targetWords(channel)}</span>
            {enabled ? null : <Tag tone="warn">off</Tag>}
          </div>
          <div className="text-xs text-ink-3">{rulesWords(channel)}</div>
          <div className="mt-0.5 flex min-w-0 items-center gap-1.5 text-xs text-ink-2">
            {last === null ? (
              <span className="text-ink-3">Nothing was sent yet.</span>
            ) : (
              <>
                <DeliveryState delivery={last} />
                <span className="truncate">{last.title}</span>
                <TimeText iso={last.at} nowMs={nowMs} className="text-ink-3" />
                <Button
                  size="small"
                  look="quiet"
                  className="h-5 px-1.5"
                  onClick={props.onLook}
                  aria-label={`All sent through ${name}`}
                >
                  All…
                </Button>
              </>
            )}
          </div>
        </div>
        <div className="flex shrink-0 gap-1.5">
          <Button
            size="small"
            busy={test.isPending}
            aria-label={`Test ${name}`}
            onClick={() => {
              setTested(null);
              test.mutate({ id });
            }}
          >
            Test
          </Button>
          <Button
            size="small"
            busy={turn.isPending}
            aria-label={enabled ? `Switch off ${name}` : `Switch on ${name}`}
            onClick={() => turn.mutate({ id, channel: { ...settings, enabled: !enabled } })}
          >
            {enabled ? "Switch off" : "Switch on"}
          </Button>
          <Button size="small" aria-label={`Edit ${name}`} onClick={props.onEdit}>
            Edit
          </Button>
          <Button size="small" aria-label={`Remove ${name}`} onClick={props.onRemove}>
            Remove
          </Button>
        </div>
      </div>
      <TestOutcome delivery={tested} />
      {trouble === null ? null : <ErrorCard title="The test was not sent" error={trouble} />}
    </li>
  );
}

function TestOutcome({ delivery }: { delivery: Delivery | null }) {
  if (delivery === null) return null;
  if (delivery.state === "failed") {
    const error = { code: "notice.failed" as const, message: delivery.error ?? "", retryable: true };
    return <ErrorCard title="The test was not sent" error={error} />;
  }
  return (
    <p className="rounded-md border border-ok/40 bg-ok-soft px-3 py-2 text-sm">
      The test was sent. {delivery.error ?? "See whether it arrived."}
    </p>
  );
}
