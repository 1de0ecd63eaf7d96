import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Channel } from "../../../src-core/model/notification.ts";
import { api } from "../../app/api-client.ts";
import { toErrorData } from "../../app/error-data.ts";
import { announce } from "../../components/announcer.tsx";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { Field, TextInput } from "../../components/field.tsx";
import { Segmented } from "../../components/segmented.tsx";
import { Checkbox } from "../../components/toggle.tsx";
import { EmailFields, WebhookFields } from "./channel-fields.tsx";
import {
  type ChannelErrors,
  type ChannelForm,
  channelErrors,
  channelInput,
  EMPTY_CHANNEL,
  formOfChannel,
  refusedField,
} from "./channel-form.ts";
import { KIND_WORDS } from "./channel-words.ts";
import { WhichSchedules } from "./which-schedules.tsx";

const KINDS = (["email", "webhook", "desktop"] as const).map((value) => ({ value, label: KIND_WORDS[value] }));

/** Adds a channel, or changes `channel`. */
export function ChannelDialog({ channel, onClose }: { channel: Channel | null; onClose: () => void }) {
  const [form, setForm] = useState<ChannelForm>(() => (channel === null ? EMPTY_CHANNEL : formOfChannel(channel)));
  const [errors, setErrors] = useState<ChannelErrors>({});
  const handlers = {
    onSuccess: (saved: Channel) => {
      announce(`Channel ${saved.name} ${channel === null ? "added" : "changed"}`);
      onClose();
    },
    onError: (thrown: unknown) => setErrors(refusedField(toErrorData(thrown)) ?? {}),
  };
  const create = useMutation(api.notifications.create.mutationOptions(handlers));
  const update = useMutation(api.notifications.update.mutationOptions(handlers));
  const saving = channel === null ? create : update;
  const failure = saving.error === null ? null : toErrorData(saving.error);

  const change = (part: Partial<ChannelForm>) => {
    setForm({ ...form, ...part });
    setErrors({});
    saving.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = channelErrors(form, channel);
    setErrors(found);
    if (Object.keys(found).length > 0) return;
    const input = channelInput(form, channel);
    if (channel === null) create.mutate(input);
    else update.mutate({ id: channel.id, ...input });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      closeOutside={false}
      title={channel === null ? "Add a channel" : `Edit ${channel.name}`}
      description="Each thing is told once through it. What was skipped or canceled is not told."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form="channel-form" look="primary" busy={saving.isPending}>
            {channel === null ? "Add channel" : "Save"}
          </Button>
        </>
      }
    >
      <form id="channel-form" noValidate onSubmit={submit} className="grid gap-3.5">
        {channel === null ? (
          <Segmented
            label="Kind"
            value={form.kind}
            onValueChange={(kind) => change({ kind, secret: "" })}
            options={KINDS}
            className="justify-self-start"
          />
        ) : null}
        <Field label="Name" error={errors.name} hint="What you call it.">
          {(ids) => (
            <TextInput
              {...ids}
              autoFocus
              maxLength={100}
              value={form.name}
              onChange={(event) => change({ name: event.target.value })}
            />
          )}
        </Field>
        {form.kind === "email" ? (
          <EmailFields form={form} errors={errors} hasSecret={channel?.hasSecret === true} onChange={change} />
        ) : form.kind === "webhook" ? (
          <WebhookFields form={form} errors={errors} hasSecret={channel?.hasSecret === true} onChange={change} />
        ) : null}
        <fieldset className="grid gap-2">
          <legend className="mb-1.5 text-xs font-medium text-ink-2">Tells of</legend>
          <Checkbox
            label="Failures"
            hint="Also a clean-up that failed after the work was done."
            checked={form.failure}
            onCheckedChange={(failure) => change({ failure })}
          />
          <Checkbox
            label="The first success after trouble"
            checked={form.recovery}
            onCheckedChange={(recovery) => change({ recovery })}
          />
          <div className="flex items-start gap-2">
            <Checkbox
              label="No success, though due, for days:"
              checked={form.overdue}
              onCheckedChange={(overdue) => change({ overdue })}
            />
            <div className="-mt-1 grid gap-1">
              <TextInput
                aria-label="Days without success"
                aria-invalid={errors.overdueDays === undefined ? undefined : true}
                inputMode="numeric"
                className="h-7 w-16"
                disabled={!form.overdue}
                value={form.overdueDays}
                onChange={(event) => change({ overdueDays: event.target.value })}
              />
              {errors.overdueDays === undefined ? null : (
                <span role="alert" className="text-xs text-bad">
                  {errors.overdueDays}
                </span>
              )}
            </div>
          </div>
          <Checkbox label="Every success" checked={form.success} onCheckedChange={(success) => change({ success })} />
        </fieldset>
        <WhichSchedules form={form} error={errors.scheduleIds} onChange={change} />
        {failure === null || refusedField(failure) !== null ? null : (
          <ErrorCard title={channel === null ? "The channel was not added" : "Nothing was changed"} error={failure} />
        )}
      </form>
    </Dialog>
  );
}
