import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { schedulesQuery } from "../../app/schedule-queries.ts";
import { TextInput } from "../../components/field.tsx";
import { Segmented } from "../../components/segmented.tsx";
import { Checkbox } from "../../components/toggle.tsx";
import type { ChannelForm } from "./channel-form.ts";

/** More are found by a part of their name. */
const SHOWN = 50;

/** All schedules, or those that are chosen. */
export function WhichSchedules(props: {
  form: ChannelForm;
  error: string | undefined;
  onChange: (part: Partial<ChannelForm>) => void;
}) {
  const { form, error, onChange } = props;
  const [search, setSearch] = useState("");
  const schedules = useQuery({ ...schedulesQuery, enabled: form.some });
  const chosen = new Set(form.scheduleIds);
  const all = schedules.data ?? [];
  // Those that were removed in the meantime can be taken away as well.
  const gone = form.scheduleIds.filter((id) => schedules.data !== undefined && !all.some((one) => one.id === id));
  const rows = [...all, ...gone.map((id) => ({ id, name: `removed (${id})` }))];
  const found = rows.filter(({ name }) => name.toLowerCase().includes(search.trim().toLowerCase()));
  const toggle = (id: string, on: boolean) =>
    onChange({ scheduleIds: on ? [...form.scheduleIds, id] : form.scheduleIds.filter((one) => one !== id) });
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1.5 text-xs font-medium text-ink-2">About</legend>
      <Segmented
        label="About"
        value={form.some ? "some" : "all"}
        onValueChange={(value) => onChange({ some: value === "some" })}
        options={[
          { value: "all", label: "All schedules" },
          { value: "some", label: "Chosen ones", count: form.some ? chosen.size : undefined },
        ]}
        className="justify-self-start"
      />
      {form.some ? (
        <div className="grid gap-2 rounded-md border border-line bg-sunken p-2.5">
          {rows.length > 8 ? (
            <TextInput
              aria-label="Find a schedule"
              placeholder="Find a schedule"
              value={search}
              onChange={(event) => setSearch(event.target.value)}
            />
          ) : null}
          <div className="grid max-h-44 gap-1.5 overflow-y-auto p-0.5">
            {found.slice(0, SHOWN).map(({ id, name }) => (
              <Checkbox key={id} label={name} checked={chosen.has(id)} onCheckedChange={(on) => toggle(id, on)} />
            ))}
          </div>
          {found.length > SHOWN ? (
            <p className="text-xs text-ink-3">{found.length - SHOWN} more: find them by a part of their name.</p>
          ) : null}
          {schedules.data !== undefined && rows.length === 0 ? (
            <p className="text-xs text-ink-2">There are no schedules yet.</p>
          ) : null}
        </div>
      ) : null}
      {error === undefined ? null : (
        <p role="alert" className="text-xs text-bad">
          {error}
        </p>
      )}
    </fieldset>
  );
}
