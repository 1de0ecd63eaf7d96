import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useId, useMemo, useState } from "react";
import { api } from "../../app/api-client.ts";
import { toErrorData } from "../../app/error-data.ts";
import { useLibraryItems } from "../../app/queries.ts";
import { announce } from "../../components/announcer.tsx";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { Field, TextInput } from "../../components/field.tsx";
import { Segmented } from "../../components/segmented.tsx";
import { baseName } from "../../format/path.ts";
import { useOverlays } from "../../ui-state/overlays.ts";

/** Disks offered while one types. */
const OFFERED = 200;

/** Asks with which disk of the libraries one is to be compared, and how thoroughly. */
export function CompareDialog({ path }: { path: string }) {
  const close = useOverlays((state) => state.closeCompare);
  const navigate = useNavigate();
  const listId = useId();
  const { items } = useLibraryItems();
  const [other, setOther] = useState("");
  const [how, setHow] = useState<"full" | "sample">("full");
  const [seed] = useState(() => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0);
  const known = useMemo(
    () => items.flatMap((item) => item.disks.map((disk) => disk.path)).filter((disk) => disk !== path),
    [items, path],
  );
  const offered = known.filter((disk) => disk.toLowerCase().includes(other.trim().toLowerCase())).slice(0, OFFERED);
  const compare = useMutation(
    api.disks.compare.mutationOptions({
      onSuccess: ({ runId }) => {
        announce("Comparison started");
        close();
        void navigate({ to: "/jobs/$runId", params: { runId } });
      },
    }),
  );
  const submit = () => {
    const mode = how === "full" ? { mode: how } : { mode: how, fraction: 0.05, seed };
    if (other.trim() !== "") compare.mutate({ aPath: path, bPath: other.trim(), mode });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : close())}
      title={`Compare ${baseName(path)} with…`}
      description="The contents are compared, whatever the formats. Nothing is changed."
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button look="primary" type="submit" form="compare" disabled={other.trim() === ""} busy={compare.isPending}>
            Compare
          </Button>
        </>
      }
    >
      <form
        id="compare"
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Field
          label="Other disk"
          hint={known.length === 0 ? "Its path; it must lie in a library." : "Type part of its name, or its path."}
        >
          {(ids) => (
            <TextInput
              {...ids}
              autoFocus
              list={listId}
              className="font-mono text-xs"
              placeholder="/path/of/a/disk"
              value={other}
              onChange={(event) => setOther(event.target.value)}
            />
          )}
        </Field>
        <datalist id={listId}>
          {offered.map((disk) => (
            <option key={disk} value={disk} />
          ))}
        </datalist>
        <div className="flex flex-wrap items-center gap-3">
          <Segmented
            label="How thoroughly"
            value={how}
            onValueChange={setHow}
            options={[
              { value: "full", label: "Every byte" },
              { value: "sample", label: "A random 5 %" },
            ]}
          />
          <span className="text-xs text-ink-3">
            {how === "full" ? "Reads both disks in full." : "Quick; may miss a single bad spot."}
          </span>
        </div>
        {compare.error === null ? null : <ErrorCard error={toErrorData(compare.error)} />}
      </form>
    </Dialog>
  );
}
