/** The fields of one edge: when it agrees, which run it looks at, how long it waits. */
import { Unlink } from "lucide-react";
import { useState } from "react";
import type { Dependency } from "../../../src-core/model/dependency.ts";
import { Button } from "../../components/button.tsx";
import { Field, TextInput } from "../../components/field.tsx";
import { Segmented } from "../../components/segmented.tsx";
import { Select } from "../../components/select.tsx";
import { CONDITION_CHOICES } from "./graph-words.ts";

interface EdgeFieldsProps {
  dependency: Dependency;
  parentName: string;
  childName: string;
  /** The child has times of its own: no firing of the parent takes it along. */
  byClock: boolean;
  onChange: (patch: Partial<Omit<Dependency, "parentId">>) => void;
  onRemove: () => void;
}

const MINUTE_MS = 60_000;
/** 30 days, as the model has it. */
const LONGEST_MINUTES = 43_200;

export function EdgeFields({ dependency, parentName, childName, byClock, onChange, onRemove }: EdgeFieldsProps) {
  const { on, run, timeoutMs } = dependency;
  return (
    <div className="grid gap-3">
      <Field label={`${childName} starts once ${parentName} has ended, if`}>
        {(ids) => (
          <Select {...ids} value={on} options={CONDITION_CHOICES} onValueChange={(value) => onChange({ on: value })} />
        )}
      </Field>
      <div className="grid gap-1">
        <span className="text-xs font-medium text-ink-2">Which run of {parentName}</span>
        <Segmented
          label={`Which run of ${parentName}`}
          value={run}
          onValueChange={(value) => onChange({ run: value })}
          options={[
            { value: "firing", label: "Same firing" },
            { value: "today", label: "Same day" },
          ]}
          className="justify-self-start"
        />
        <span className="text-xs text-ink-3">
          {run === "today"
            ? `The latest of the day on which ${childName} is due.`
            : byClock
              ? `${childName} has times of its own, which belong to no firing of ${parentName}: choose the same day.`
              : "The one that was started together with it."}
        </span>
      </div>
      <Timeout key={`${dependency.parentId} ${timeoutMs}`} timeoutMs={timeoutMs} onChange={onChange} />
      <Button size="small" className="justify-self-start" onClick={onRemove}>
        <Unlink aria-hidden />
        Remove connection
      </Button>
    </div>
  );
}

/** Taken over when one leaves the field, so that typing is one step to undo. */
function Timeout({ timeoutMs, onChange }: { timeoutMs: number | null; onChange: EdgeFieldsProps["onChange"] }) {
  const [text, setText] = useState(timeoutMs === null ? "" : String(timeoutMs / MINUTE_MS));
  const typed = text.trim();
  const minutes = Number(typed);
  const wrong = typed !== "" && !(minutes >= 1 && minutes <= LONGEST_MINUTES);
  const commit = () => {
    if (wrong) return;
    const next = typed === "" ? null : Math.round(minutes * MINUTE_MS);
    if (next !== timeoutMs) onChange({ timeoutMs: next });
  };
  return (
    <Field
      label="Wait at most (minutes)"
      hint="Empty: for as long as it takes."
      error={wrong ? `From 1 to ${LONGEST_MINUTES.toLocaleString("en")} minutes (30 days), or empty.` : undefined}
    >
      {(ids) => (
        <TextInput
          {...ids}
          inputMode="decimal"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onBlur={commit}
          onKeyDown={(event) => {
            if (event.key === "Enter") commit();
          }}
        />
      )}
    </Field>
  );
}
