import { useMutation } from "@tanstack/react-query";
import { Camera, Plus, RotateCcw, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import type { MachineDetail, MachineSnapshot } from "../../../src-core/model/inventory.ts";
import type { Source } from "../../../src-core/model/source.ts";
import { api, queryClient } from "../../app/api-client.ts";
import { toErrorData } from "../../app/error-data.ts";
import { toastError } from "../../app/toast-error.ts";
import { announce } from "../../components/announcer.tsx";
import { Button, IconButton } from "../../components/button.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { Field, TextInput } from "../../components/field.tsx";
import { TimeText } from "../../components/quantity.tsx";
import { Tag } from "../../components/tag.tsx";
import { Checkbox } from "../../components/toggle.tsx";

interface SnapshotsProps {
  source: Source;
  machine: MachineDetail;
  /** Snapshots can be made and removed here. */
  enabled: boolean;
  nowMs: number;
}

type Asked = { what: "remove" | "revert"; snapshot: MachineSnapshot };

export function Snapshots({ source, machine, enabled, nowMs }: SnapshotsProps) {
  const [creating, setCreating] = useState(false);
  const [asked, setAsked] = useState<Asked | null>(null);
  const queryKey = api.inventory.machine.queryKey({ input: { id: source.id, machineId: machine.id } });
  const refresh = () => void queryClient.invalidateQueries({ queryKey });
  const remove = useMutation(
    api.inventory.removeSnapshot.mutationOptions({
      onError: toastError,
      onSettled: refresh,
      onSuccess: () => announce("Snapshot removed"),
    }),
  );
  const revert = useMutation(
    api.inventory.revertSnapshot.mutationOptions({
      onError: toastError,
      onSettled: refresh,
      onSuccess: () => announce("Machine taken back"),
    }),
  );
  const busy = remove.isPending || revert.isPending;
  return (
    <div className="grid gap-3">
      {enabled ? (
        <Button size="small" className="justify-self-start" busy={busy} onClick={() => setCreating(true)}>
          <Plus aria-hidden />
          Make a snapshot…
        </Button>
      ) : null}
      {machine.snapshots.length === 0 ? <p className="text-ink-2">It has no snapshots.</p> : null}
      <ul className="grid gap-1">
        {machine.snapshots.map((snapshot) => (
          <li
            key={snapshot.id}
            style={{ marginLeft: `${Math.min(depthOf(snapshot, machine.snapshots), 8) * 0.9}rem` }}
            className="flex items-start gap-2.5 rounded-md border border-line px-3 py-2"
          >
            <Camera aria-hidden className="mt-0.5 size-4 shrink-0 text-ink-3" />
            <div className="min-w-0 flex-1">
              <p className="font-medium break-words">
                {snapshot.name} {snapshot.current ? <Tag tone="accent">you are here</Tag> : null}
              </p>
              {snapshot.description === "" ? null : (
                <p className="text-xs break-words text-ink-2">{snapshot.description}</p>
              )}
              {snapshot.createdAt === null ? null : (
                <TimeText iso={snapshot.createdAt} nowMs={nowMs} className="text-xs text-ink-3" />
              )}
            </div>
            {enabled ? (
              <span className="flex shrink-0">
                <IconButton
                  label={`Go back to ${snapshot.name}`}
                  disabled={busy}
                  onClick={() => setAsked({ what: "revert", snapshot })}
                >
                  <RotateCcw aria-hidden />
                </IconButton>
                <IconButton
                  label={`Remove ${snapshot.name}`}
                  disabled={busy}
                  onClick={() => setAsked({ what: "remove", snapshot })}
                >
                  <Trash2 aria-hidden />
                </IconButton>
              </span>
            ) : null}
          </li>
        ))}
      </ul>
      <ConfirmDialog
        open={asked !== null}
        onOpenChange={(open) => (open ? undefined : setAsked(null))}
        title={
          asked?.what === "revert"
            ? `Take ${machine.name} back to ${asked.snapshot.name}?`
            : `Remove snapshot ${asked?.snapshot.name ?? ""} of ${machine.name}?`
        }
        action={asked?.what === "revert" ? "Go back" : "Remove snapshot"}
        onConfirm={() => {
          if (asked === null) return;
          const input = { id: source.id, machineId: machine.id, snapshotId: asked.snapshot.id };
          if (asked.what === "revert") revert.mutate(input);
          else remove.mutate(input);
        }}
      >
        {asked?.what === "revert"
          ? "All that the machine wrote since then is lost, unless another snapshot holds it."
          : "The machine's present state and its other snapshots stay. It can no longer be taken back to this one."}
      </ConfirmDialog>
      {creating ? (
        <CreateSnapshot source={source} machine={machine} onClose={() => setCreating(false)} onDone={refresh} />
      ) : null}
    </div>
  );
}

function CreateSnapshot(props: { source: Source; machine: MachineDetail; onClose: () => void; onDone: () => void }) {
  const { source, machine } = props;
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [quiesce, setQuiesce] = useState(false);
  const [memory, setMemory] = useState(false);
  const create = useMutation(
    api.inventory.createSnapshot.mutationOptions({
      onSuccess() {
        announce(`Snapshot of ${machine.name} made`);
        props.onDone();
        props.onClose();
      },
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate({ id: source.id, machineId: machine.id, name: name.trim(), description, quiesce, memory });
  };
  return (
    <Dialog
      open
      width="narrow"
      onOpenChange={(open) => (open ? undefined : props.onClose())}
      title={`Snapshot of ${machine.name}`}
      description="Keeps its present state to come back to. It grows as the machine writes: remove it when it is no longer needed."
      footer={
        <>
          <Button onClick={props.onClose}>Cancel</Button>
          <Button
            type="submit"
            form="create-snapshot"
            look="primary"
            busy={create.isPending}
            disabled={name.trim() === ""}
          >
            Make snapshot
          </Button>
        </>
      }
    >
      <form id="create-snapshot" onSubmit={submit} className="grid gap-3">
        <Field label="Name">
          {(ids) => (
            <TextInput
              {...ids}
              autoFocus
              maxLength={80}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label="Description">
          {(ids) => (
            <TextInput
              {...ids}
              maxLength={1000}
              value={description}
              onChange={(event) => setDescription(event.target.value)}
            />
          )}
        </Field>
        {machine.power === "on" ? (
          <>
            {source.connection.capabilities?.quiesce === true ? (
              <Checkbox
                checked={quiesce}
                onCheckedChange={setQuiesce}
                label="Put file systems in order first"
                hint="By the guest's agent."
              />
            ) : null}
            <Checkbox
              checked={memory}
              onCheckedChange={setMemory}
              label="With memory"
              hint="The machine goes on running from there."
            />
          </>
        ) : null}
        {create.error === null ? null : <ErrorCard error={toErrorData(create.error)} />}
      </form>
    </Dialog>
  );
}

/** How many snapshots it stands on; bounded, for a source may say anything. */
function depthOf(snapshot: MachineSnapshot, all: readonly MachineSnapshot[]): number {
  let depth = 0;
  for (let up = snapshot.parentId; up !== null && depth < 32; depth += 1) {
    const parent = all.find(({ id }) => id === up);
    if (parent === undefined) break;
    up = parent.parentId;
  }
  return depth;
}
