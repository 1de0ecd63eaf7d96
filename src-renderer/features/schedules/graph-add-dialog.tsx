/** A new schedule in the graph: a name, what it comes after, and another schedule whose work and settings it begins with. */
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useId, useState } from "react";
import type { ScheduleRow } from "../../../src-core/model/schedule-view.ts";
import { client } from "../../app/api-client.ts";
import { toErrorData } from "../../app/error-data.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { Field, TextInput } from "../../components/field.tsx";
import type { GraphNode } from "./graph-draft.ts";
import { useGraph } from "./graph-store.ts";

interface AddDialogProps {
  rows: readonly ScheduleRow[];
  nodes: readonly GraphNode[];
  /** What is selected: offered as what it comes after. */
  selected: GraphNode | null;
  onClose: () => void;
}

/** Names offered while one types. */
const OFFERED = 200;

export function AddDialog({ rows, nodes, selected, onClose }: AddDialogProps) {
  const first = selected?.row ?? rows[0];
  const [name, setName] = useState("");
  const [likeName, setLikeName] = useState(first?.name ?? "");
  const [afterName, setAfterName] = useState(selected?.name ?? "");
  const like = rows.find((row) => row.name === likeName.trim());
  const after = nodes.find((node) => node.name === afterName.trim());
  const taken = nodes.some((node) => node.name === name.trim());
  const add = useMutation({
    mutationFn: async (id: string) => {
      if (like === undefined) throw new Error("No schedule to copy was chosen.");
      const {
        id: _id,
        enabled,
        pause,
        createdAt,
        changedAt,
        row,
        ...definition
      } = await client.schedules.get({ id: like.id });
      const comesAfter = after === undefined ? {} : { when: { kind: "after" as const } };
      const dependency = { parentId: after?.id ?? "", on: "success", run: "firing", timeoutMs: null } as const;
      const dependencies = after === undefined ? [] : [dependency];
      return {
        id,
        definition: { ...definition, ...comesAfter, name: name.trim(), dependencies, join: "all" as const },
      };
    },
    onSuccess: (schedule) => {
      const { edit, select } = useGraph.getState();
      if (edit(rows, { kind: "add", schedule })) select({ kind: "node", id: schedule.id });
      onClose();
    },
  });
  const wrongAfter = afterName.trim() !== "" && after === undefined;
  // One that comes after others has no times to copy; one that does not needs some.
  const timeless = after === undefined && like?.whenKind === "after";
  const ready = name.trim() !== "" && !taken && like !== undefined && !wrongAfter && !timeless;
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title="Add a schedule"
      description="It is made when the graph is saved. Its work and settings are a copy that you can change afterwards."
      width="narrow"
      footer={
        <>
          <Link to="/schedules/new" className="mr-auto text-sm text-accent hover:underline">
            Use the form instead
          </Link>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="graph-add" disabled={!ready} busy={add.isPending}>
            Add
          </Button>
        </>
      }
    >
      <form
        id="graph-add"
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) add.mutate(crypto.randomUUID());
        }}
      >
        <Field label="Name" error={taken ? "Another schedule has this name." : undefined}>
          {(ids) => (
            <TextInput
              {...ids}
              autoFocus
              maxLength={100}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <NameField
          label="Does the same as"
          names={rows.map((row) => row.name)}
          value={likeName}
          onChange={setLikeName}
          hint={like?.workWords ?? "The schedule whose work and settings are copied."}
          error={likeName.trim() !== "" && like === undefined ? "There is no saved schedule of this name." : undefined}
        />
        <NameField
          label="Comes after (may stay empty)"
          names={nodes.map((node) => node.name)}
          value={afterName}
          onChange={setAfterName}
          hint={
            after !== undefined
              ? `It starts when ${after.name} has succeeded.`
              : like === undefined
                ? "Empty: it has the times of the one it copies."
                : `It starts as ${like.name} does: ${like.words}`
          }
          error={
            wrongAfter
              ? "There is no schedule of this name."
              : timeless
                ? `${like?.name ?? "It"} has no times of its own to copy: say what this one comes after.`
                : undefined
          }
        />
        {add.error === null ? null : <ErrorCard error={toErrorData(add.error)} />}
      </form>
    </Dialog>
  );
}

function NameField(props: {
  label: string;
  names: readonly string[];
  value: string;
  onChange: (name: string) => void;
  hint: string;
  error: string | undefined;
}) {
  const listId = useId();
  const typed = props.value.trim().toLowerCase();
  const offered = props.names.filter((name) => name.toLowerCase().includes(typed)).slice(0, OFFERED);
  return (
    <>
      <Field label={props.label} hint={props.hint} error={props.error}>
        {(ids) => (
          <TextInput
            {...ids}
            list={listId}
            value={props.value}
            onChange={(event) => props.onChange(event.target.value)}
          />
        )}
      </Field>
      <datalist id={listId}>
        {offered.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </>
  );
}
