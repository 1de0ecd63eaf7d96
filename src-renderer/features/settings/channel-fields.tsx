import type { EmailTarget } from "../../../src-core/model/notification.ts";
import { Button } from "../../components/button.tsx";
import { CopyButton } from "../../components/copy-button.tsx";
import { Field, TextInput } from "../../components/field.tsx";
import { Select } from "../../components/select.tsx";
import { Checkbox } from "../../components/toggle.tsx";
import { type ChannelErrors, type ChannelForm, newSigningKey, PORT_OF } from "./channel-form.ts";

interface FieldsProps {
  form: ChannelForm;
  errors: ChannelErrors;
  hasSecret: boolean;
  onChange: (part: Partial<ChannelForm>) => void;
}

const SECURITY: readonly { value: EmailTarget["security"]; label: string }[] = [
  { value: "starttls", label: "STARTTLS" },
  { value: "tls", label: "TLS" },
  { value: "none", label: "None (this computer)" },
];

/** The mail server, the account on it, and the addresses. */
export function EmailFields({ form, errors, hasSecret, onChange }: FieldsProps) {
  const chooseSecurity = (security: EmailTarget["security"]) => {
    // Who entered a port of their own keeps it.
    const port = form.port === PORT_OF[form.security] ? PORT_OF[security] : form.port;
    onChange({ security, port });
  };
  return (
    <>
      <div className="grid grid-cols-[minmax(0,1fr)_5.5rem_11rem] items-start gap-3">
        <Field label="Mail server" error={errors.host}>
          {(ids) => (
            <TextInput
              {...ids}
              value={form.host}
              placeholder="smtp.example.com"
              onChange={(event) => onChange({ host: event.target.value })}
            />
          )}
        </Field>
        <Field label="Port" error={errors.port}>
          {(ids) => (
            <TextInput
              {...ids}
              inputMode="numeric"
              value={form.port}
              onChange={(event) => onChange({ port: event.target.value })}
            />
          )}
        </Field>
        <Field label="Protection" error={errors.security}>
          {(ids) => <Select {...ids} value={form.security} onValueChange={chooseSecurity} options={SECURITY} />}
        </Field>
      </div>
      <div className="grid grid-cols-2 items-start gap-3">
        <Field label="User name (optional)" error={errors.username}>
          {(ids) => (
            <TextInput
              {...ids}
              value={form.username}
              onChange={(event) => onChange({ username: event.target.value })}
            />
          )}
        </Field>
        <Field label="Password" error={errors.secret}>
          {(ids) => (
            <TextInput
              {...ids}
              type="password"
              autoComplete="new-password"
              maxLength={1024}
              value={form.secret}
              placeholder={hasSecret ? "set; type to replace it" : ""}
              onChange={(event) => onChange({ secret: event.target.value })}
            />
          )}
        </Field>
      </div>
      <div className="grid grid-cols-2 items-start gap-3">
        <Field label="From" error={errors.from}>
          {(ids) => (
            <TextInput
              {...ids}
              value={form.from}
              placeholder="hypersdk@example.com"
              onChange={(event) => onChange({ from: event.target.value })}
            />
          )}
        </Field>
        <Field label="To" error={errors.to}>
          {(ids) => (
            <TextInput
              {...ids}
              value={form.to}
              placeholder="ops@example.com, night@example.com"
              onChange={(event) => onChange({ to: event.target.value })}
            />
          )}
        </Field>
      </div>
    </>
  );
}

/** The receiver, and the key by which it knows that a call is ours. */
export function WebhookFields({ form, errors, hasSecret, onChange }: FieldsProps) {
  return (
    <>
      <Field label="Address" error={errors.url} hint="Called by POST with JSON. Redirects are not followed.">
        {(ids) => (
          <TextInput
            {...ids}
            value={form.url}
            placeholder="https://hooks.example.com/hypersdk"
            onChange={(event) => onChange({ url: event.target.value })}
          />
        )}
      </Field>
      <div className="flex items-start gap-2">
        <Field
          label="Signing key (optional)"
          className="flex-1"
          error={errors.secret}
          hint="The receiver proves with it that a call is from here (Standard Webhooks). It is not shown again."
        >
          {(ids) => (
            <TextInput
              {...ids}
              className="font-mono text-xs"
              maxLength={1024}
              disabled={form.forgetSecret}
              value={form.secret}
              placeholder={hasSecret ? "set; type to replace it" : "whsec_…"}
              onChange={(event) => onChange({ secret: event.target.value })}
            />
          )}
        </Field>
        <div className="mt-5 flex items-center gap-1">
          {form.secret === "" ? null : <CopyButton text={form.secret} label="Copy signing key" />}
          <Button disabled={form.forgetSecret} onClick={() => onChange({ secret: newSigningKey() })}>
            Make one
          </Button>
        </div>
      </div>
      {hasSecret ? (
        <Checkbox
          label="Forget the key that is set; calls are then not signed"
          checked={form.forgetSecret}
          onCheckedChange={(forgetSecret) => onChange({ forgetSecret, secret: "" })}
        />
      ) : null}
    </>
  );
}
