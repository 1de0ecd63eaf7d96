import { Plus, X } from "lucide-react";
import { useEffect, useState } from "react";
import type { GroupLimits, Settings } from "../../../src-core/model/settings.ts";
import { Button, IconButton } from "../../components/button.tsx";
import { DurationField } from "../../components/duration-field.tsx";
import { TextInput } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import { Select } from "../../components/select.tsx";
import { formatDuration } from "../../format/duration.ts";
import { groupWords, KINDS, limitsProblem } from "./group-limits.ts";

interface OrderPanelProps {
  settings: Settings;
  onChange: (part: Partial<Settings>) => void;
}

/** How much may work at once in groups, and how waiting counts. */
export function OrderPanel({ settings, onChange }: OrderPanelProps) {
  const [limits, setLimits] = useState<GroupLimits>(settings.groupLimits);
  const [ageMs, setAgeMs] = useState(settings.ageEveryMs);
  const savedLimits = JSON.stringify(settings.groupLimits);
  useEffect(() => setLimits(JSON.parse(savedLimits) as GroupLimits), [savedLimits]);
  useEffect(() => setAgeMs(settings.ageEveryMs), [settings.ageEveryMs]);
  const ageError = ageMs >= 1_000 && ageMs <= 86_400_000 ? undefined : "From 1 second to 1 day.";
  const problem = limitsProblem(limits);
  const changed = JSON.stringify(limits) !== savedLimits || ageMs !== settings.ageEveryMs;
  const set = (place: number, part: Partial<GroupLimits[number]>) =>
    setLimits(limits.map((limit, index) => (index === place ? { ...limit, ...part } : limit)));
  return (
    <Panel
      title="Work at once, and in which order"
      actions={
        <Button
          size="small"
          look={changed ? "primary" : "plain"}
          disabled={!changed || problem !== null || ageError !== undefined}
          aria-label="Save limits and order"
          onClick={() => onChange({ groupLimits: limits, ageEveryMs: ageMs })}
        >
          Save
        </Button>
      }
    >
      <div className="grid gap-4">
        <fieldset className="grid gap-2">
          <legend className="mb-1 text-xs font-medium text-ink-2">At most so many at once</legend>
          {limits.length === 0 ? <p className="text-ink-2">No limit beyond the tasks at the same time.</p> : null}
          {limits
            .map((limit, place) => ({ limit, place }))
            .map(({ limit, place }) => (
              <div key={place} className="flex flex-wrap items-center gap-2">
                <GroupChoice group={limit.group} onChange={(group) => set(place, { group })} />
                <TextInput
                  type="number"
                  aria-label={`At most at once: ${groupWords(limit.group)}`}
                  min={1}
                  max={1000}
                  className="w-20"
                  value={Number.isNaN(limit.most) ? "" : limit.most}
                  onChange={(event) => set(place, { most: event.target.valueAsNumber })}
                />
                <span className="text-xs text-ink-3">at once</span>
                <IconButton
                  label={`Remove the limit of ${groupWords(limit.group)}`}
                  className="ml-auto"
                  onClick={() => setLimits(limits.toSpliced(place, 1))}
                >
                  <X aria-hidden />
                </IconButton>
              </div>
            ))}
          <Button
            size="small"
            look="quiet"
            className="-ml-2.5 justify-self-start"
            onClick={() => setLimits([...limits, { group: freeGroup(limits), most: 2 }])}
          >
            <Plus aria-hidden />
            Add a limit
          </Button>
          {problem === null ? null : (
            <p role="alert" className="text-xs text-bad">
              {problem}
            </p>
          )}
        </fieldset>
        <DurationField
          label="Waiting is worth one step of priority each"
          error={ageError}
          hint={
            ageError === undefined
              ? `So that nothing waits for ever: what has priority 0 is as urgent as 100 after ${formatDuration(ageMs * 100)}.`
              : undefined
          }
          valueMs={ageMs}
          onChange={setAgeMs}
        />
      </div>
    </Panel>
  );
}

/** A kind as a whole, one of a kind, or a group of one's own. */
function GroupChoice({ group, onChange }: { group: string; onChange: (group: string) => void }) {
  const kind = KINDS.find(({ value }) => value === group)?.value ?? "named";
  return (
    <>
      <Select
        label="What is limited"
        className="w-44"
        value={kind}
        onValueChange={(next) => onChange(next === "named" ? "" : next)}
        options={[...KINDS, { value: "named", label: "A group of its own" }]}
      />
      {kind === "named" ? (
        <TextInput
          aria-label="Name of the group"
          placeholder="tape, or datastore:src1/ds1"
          maxLength={400}
          className="w-60"
          value={group}
          onChange={(event) => onChange(event.target.value)}
        />
      ) : null}
    </>
  );
}

function freeGroup(limits: GroupLimits): string {
  return KINDS.find(({ value }) => !limits.some(({ group }) => group === value))?.value ?? "";
}
