import { useMutation, useQuery } from "@tanstack/react-query";
import { PlugZap } from "lucide-react";
import { type FormEvent, useState } from "react";
import type { Source, SourceTest } from "../../../src-core/model/source.ts";
import { api } from "../../app/api-client.ts";
import { toErrorData } from "../../app/error-data.ts";
import { FolderField } from "../../app/folder-field.tsx";
import { sourceKindsQuery } from "../../app/source-queries.ts";
import { announce } from "../../components/announcer.tsx";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { Field, TextInput } from "../../components/field.tsx";
import { Segmented } from "../../components/segmented.tsx";
import { SecretFields } from "./secret-fields.tsx";
import {
  connectionInput,
  EMPTY_FORM,
  type FieldErrors,
  formErrors,
  formOf,
  proposedName,
  type SourceForm,
} from "./source-form.ts";
import { TestResult } from "./test-result.tsx";

/** Adds a source, or changes `source`. What is saved was connected to first; a certificate nobody vouches for is shown and pinned. */
export function SourceDialog({ source, onClose }: { source: Source | null; onClose: (saved?: Source) => void }) {
  const kinds = useQuery(sourceKindsQuery).data ?? [];
  const [form, setForm] = useState<SourceForm>(() => (source === null ? EMPTY_FORM : formOf(source)));
  const [errors, setErrors] = useState<FieldErrors>({});
  const [tested, setTested] = useState<SourceTest | null>(null);
  // Until somebody names it, it is called by its address.
  const [named, setNamed] = useState(source !== null);
  const kind = kinds.some((one) => one.kind === form.kind) ? form.kind : (kinds[0]?.kind ?? form.kind);
  const shown: SourceForm = { ...form, kind, name: named ? form.name : proposedName({ ...form, kind }) };

  const done = (saved: Source) => {
    announce(source === null ? `Source ${saved.name} added` : `Source ${saved.name} changed`);
    onClose(saved);
  };
  const test = useMutation(api.sources.test.mutationOptions({ onSuccess: setTested }));
  const add = useMutation(api.sources.add.mutationOptions({ onSuccess: done }));
  const edit = useMutation(api.sources.edit.mutationOptions({ onSuccess: done }));
  const saving = source === null ? add : edit;

  const change = (part: Partial<SourceForm>) => {
    setForm({ ...form, kind, ...part });
    setErrors({});
    setTested(null);
    saving.reset();
    test.reset();
  };
  const asked = (now: SourceForm) => ({
    ...connectionInput(now),
    ...(source === null ? { kind } : { id: source.id }),
  });
  const checked = (): boolean => {
    const found = formErrors(shown, source);
    setErrors(found);
    return Object.keys(found).length === 0;
  };
  const runTest = (now: SourceForm) => {
    saving.reset();
    setTested(null);
    test.mutate(asked(now));
  };
  const save = (unchecked: boolean) => {
    if (!checked()) return;
    const input = { ...connectionInput(shown), name: shown.name.trim(), unchecked };
    if (source === null) add.mutate({ kind, ...input });
    else edit.mutate({ id: source.id, ...input });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save(false);
  };
  const failure = saving.error === null ? null : toErrorData(saving.error);
  const untrusted = failure?.code === "source.certificate" || failure?.code === "source.host-key";

  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      closeOutside={false}
      title={source === null ? "Add a source" : `Edit ${source.name}`}
      description="Machines are read from it. Nothing on it is changed unless you ask for it."
      footer={
        <>
          <Button
            className="mr-auto"
            busy={test.isPending}
            onClick={() => {
              if (checked()) runTest(shown);
            }}
          >
            <PlugZap aria-hidden />
            Test
          </Button>
          <Button onClick={() => onClose()}>Cancel</Button>
          <Button type="submit" form="source-form" look="primary" busy={saving.isPending}>
            {source === null ? "Add source" : "Save"}
          </Button>
        </>
      }
    >
      <form id="source-form" onSubmit={submit} className="grid gap-3.5">
        {source === null && kinds.length > 1 ? (
          <Segmented
            label="Kind"
            value={kind}
            onValueChange={(next) => change({ kind: next, pinned: null })}
            options={kinds.map((one) => ({ value: one.kind, label: one.label }))}
            className="justify-self-start"
          />
        ) : null}
        {kind === "local" ? (
          <FolderField
            label="Folder"
            value={form.address}
            onChange={(address) => change({ address })}
            placeholder="/srv/vm"
            error={errors.address}
            hint="OVF, OVA, VMX, VirtualBox and Hyper-V machines and bare disks below it."
            autoFocus
          />
        ) : (
          <Field
            label="Address"
            error={errors.address}
            hint={kind === "vsphere" ? "A vCenter Server or an ESXi host." : "This computer, or another one by SSH."}
          >
            {(ids) => (
              <TextInput
                {...ids}
                autoFocus
                value={form.address}
                placeholder={kind === "vsphere" ? "https://vcenter.example.com" : "qemu+ssh://user@host/system"}
                onChange={(event) => change({ address: event.target.value, pinned: null })}
              />
            )}
          </Field>
        )}
        <SecretFields form={shown} errors={errors} hasSecret={source?.hasSecret === true} onChange={change} />
        <Field label="Name" error={errors.name} hint="What you call it.">
          {(ids) => (
            <TextInput
              {...ids}
              maxLength={100}
              value={shown.name}
              onChange={(event) => {
                setNamed(true);
                change({ name: event.target.value });
              }}
            />
          )}
        </Field>
        {shown.pinned !== null && tested?.certificate == null ? (
          <p className="text-xs text-ink-2">Trusted: exactly the certificate or host key that you compared.</p>
        ) : null}
        {tested === null ? null : (
          <TestResult
            test={tested}
            onTrust={(pinned) => {
              change({ pinned });
              runTest({ ...shown, pinned });
            }}
          />
        )}
        {failure === null ? null : (
          <ErrorCard
            title={source === null ? "The source was not added" : "Nothing was changed"}
            error={failure}
            actions={
              untrusted ? (
                <Button size="small" onClick={() => runTest(shown)}>
                  Compare…
                </Button>
              ) : failure.code === "source.duplicate" || failure.code === "request.invalid" ? undefined : (
                <Button size="small" onClick={() => save(true)}>
                  Save all the same
                </Button>
              )
            }
          />
        )}
        {test.error === null ? null : <ErrorCard error={toErrorData(test.error)} />}
      </form>
    </Dialog>
  );
}
