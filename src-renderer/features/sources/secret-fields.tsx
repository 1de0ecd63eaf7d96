import { useId } from "react";
import { Field, TextInput } from "../../components/field.tsx";
import { type FieldErrors, needsUser, type SourceForm, usesSsh } from "./source-form.ts";

interface SecretFieldsProps {
  form: SourceForm;
  errors: FieldErrors;
  hasSecret: boolean;
  onChange: (part: Partial<SourceForm>) => void;
}

/** Who one is on the source, and how that is proven. What is stored already is not shown: nothing typed keeps it. */
export function SecretFields({ form, errors, hasSecret, onChange }: SecretFieldsProps) {
  const ssh = usesSsh(form);
  if (!needsUser(form.kind) && !ssh) return null;
  const kept = hasSecret ? "kept; type to replace it" : "";
  return (
    <>
      <div className="grid grid-cols-2 gap-3">
        {ssh ? null : (
          <Field label="User name" error={errors.username}>
            {(ids) => (
              <TextInput
                {...ids}
                value={form.username}
                placeholder="administrator@vsphere.local"
                onChange={(event) => onChange({ username: event.target.value })}
              />
            )}
          </Field>
        )}
        <Field label={ssh ? "Password (or a key below)" : "Password"} error={errors.password}>
          {(ids) => (
            <TextInput
              {...ids}
              type="password"
              autoComplete="new-password"
              value={form.password}
              placeholder={kept}
              onChange={(event) => onChange({ password: event.target.value })}
            />
          )}
        </Field>
        {ssh ? (
          <Field label="Passphrase of the key">
            {(ids) => (
              <TextInput
                {...ids}
                type="password"
                autoComplete="new-password"
                value={form.passphrase}
                placeholder={kept}
                onChange={(event) => onChange({ passphrase: event.target.value })}
              />
            )}
          </Field>
        ) : null}
      </div>
      {ssh ? (
        <FileField
          label="Private key"
          hint="OpenSSH or PEM; its text is kept sealed."
          text={form.privateKey}
          onText={(privateKey) => onChange({ privateKey })}
        />
      ) : (
        <FileField
          label="CA file (optional)"
          hint="PEM of the authority that signed the certificate. Left out: this computer's authorities, or the certificate you compare."
          text={form.ca}
          onText={(ca) => onChange({ ca })}
        />
      )}
    </>
  );
}

const MAX_FILE_BYTES = 256 * 1024;

function FileField(props: { label: string; hint: string; text: string; onText: (text: string) => void }) {
  const id = useId();
  return (
    <div className="grid gap-1">
      <label htmlFor={id} className="text-xs font-medium text-ink-2">
        {props.label}
      </label>
      <input
        id={id}
        type="file"
        aria-describedby={`${id}-note`}
        className="text-xs text-ink-2 file:mr-3 file:h-8 file:rounded-md file:border file:border-line file:bg-raised file:px-3 file:text-sm file:text-ink"
        onChange={async (event) => {
          const file = event.target.files?.[0];
          props.onText(file === undefined || file.size > MAX_FILE_BYTES ? "" : await file.text());
        }}
      />
      <p id={`${id}-note`} className="text-xs text-ink-3">
        {props.hint}
      </p>
    </div>
  );
}
