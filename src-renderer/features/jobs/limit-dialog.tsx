import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { Run } from "../../../src-core/model/run.ts";
import { api } from "../../app/api-client.ts";
import { toErrorData } from "../../app/error-data.ts";
import { announce } from "../../components/announcer.tsx";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { Field, TextInput } from "../../components/field.tsx";
import { mibRate, mibText } from "../../format/bytes.ts";

/** Changes how fast a run may read; it takes effect while the run goes on. */
export function LimitDialog({ run, onClose }: { run: Run; onClose: () => void }) {
  const before = run.maxBytesPerSecond;
  const [text, setText] = useState(before === null ? "" : mibText(before));
  const wrong = text.trim() !== "" && !(Number(text) > 0);
  const change = useMutation(
    api.runs.setLimit.mutationOptions({
      onSuccess: () => {
        announce("Limit changed");
        onClose();
      },
    }),
  );
  const submit = (maxBytesPerSecond: number | null) => change.mutate({ id: run.id, maxBytesPerSecond });
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title="How fast may it read?"
      description="Leaves room for machines that use the same storage."
      width="narrow"
      footer={
        <>
          <Button className="mr-auto" disabled={before === null} onClick={() => submit(null)}>
            No limit
          </Button>
          <Button onClick={onClose}>Close</Button>
          <Button
            look="primary"
            type="submit"
            form="limit"
            disabled={wrong || text.trim() === ""}
            busy={change.isPending}
          >
            Apply
          </Button>
        </>
      }
    >
      <form
        id="limit"
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (!wrong && text.trim() !== "") submit(mibRate(Number(text)));
        }}
      >
        <Field label="MiB a second" error={wrong ? "Give a number above 0." : undefined}>
          {(ids) => (
            <TextInput
              {...ids}
              type="number"
              min={0}
              step="any"
              autoFocus
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          )}
        </Field>
        {change.error === null ? null : <ErrorCard error={toErrorData(change.error)} />}
      </form>
    </Dialog>
  );
}
