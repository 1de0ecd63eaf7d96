import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { SavedView } from "../../../src-core/model/machine-view.ts";
import { api } from "../../app/api-client.ts";
import { toErrorData } from "../../app/error-data.ts";
import { announce } from "../../components/announcer.tsx";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { Field, TextInput } from "../../components/field.tsx";
import type { MachineFilter, Sort } from "./machine-views.ts";

interface KeepViewDialogProps {
  filter: MachineFilter;
  sort: Sort;
  views: readonly SavedView[];
  /** A name to begin with. */
  proposed: string;
  onClose: (kept?: SavedView) => void;
}

/** Keeps what is shown under a name; says before that it takes the place of another. */
export function KeepViewDialog({ filter, sort, views, proposed, onClose }: KeepViewDialogProps) {
  const [text, setText] = useState(proposed);
  const name = text.trim();
  const replaces = views.some((view) => view.name === name);
  const save = useMutation(
    api.views.save.mutationOptions({
      onSuccess(view) {
        announce(`View ${view.name} kept`);
        onClose(view);
      },
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name !== "") save.mutate({ name, search: filter.search, show: [...filter.show], sort });
  };
  return (
    <Dialog
      open
      width="narrow"
      onOpenChange={(open) => (open ? undefined : onClose())}
      title="Keep this view"
      description="Search, filters and order, to be used with every source."
      footer={
        <>
          <Button onClick={() => onClose()}>Cancel</Button>
          <Button type="submit" form="keep-view" look="primary" busy={save.isPending} disabled={name === ""}>
            {replaces ? "Replace view" : "Keep view"}
          </Button>
        </>
      }
    >
      <form id="keep-view" onSubmit={submit} className="grid gap-3">
        <Field label="Name" hint={replaces ? "Takes the place of the view of this name." : undefined}>
          {(ids) => (
            <TextInput
              {...ids}
              autoFocus
              maxLength={80}
              value={text}
              onChange={(event) => {
                save.reset();
                setText(event.target.value);
              }}
            />
          )}
        </Field>
        {save.error === null ? null : <ErrorCard title="The view was not kept" error={toErrorData(save.error)} />}
      </form>
    </Dialog>
  );
}
