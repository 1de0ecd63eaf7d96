import type { MissedPolicy } from "../../../../src-core/model/schedule.ts";
import { DurationField } from "../../../components/duration-field.tsx";
import { Field } from "../../../components/field.tsx";
import { NumberField } from "../../../components/number-field.tsx";
import { Select } from "../../../components/select.tsx";
import { formatDuration } from "../../../format/duration.ts";
import type { SectionProblems } from "./field-problems.ts";
import { RestProblems } from "./section.tsx";

const MODES: readonly { value: MissedPolicy["mode"]; label: string }[] = [
  { value: "once", label: "Run once as soon as possible" },
  { value: "skip", label: "Skip them" },
  { value: "all", label: "Run each of them, up to a number" },
];

export function missedWords({ mode, cap, deadlineMs }: MissedPolicy): string {
  if (mode === "skip") return "skipped";
  const what = mode === "once" ? "made up for once" : `the last ${cap} are made up for`;
  return `${what}, if not older than ${formatDuration(deadlineMs)}`;
}

/** What becomes of times that passed while nothing could run. */
export function MissedFields(props: {
  missed: MissedPolicy;
  problems: SectionProblems;
  onChange: (part: Partial<MissedPolicy>) => void;
}) {
  const { missed, problems, onChange } = props;
  const shown = ["missed.deadlineMs", "missed.settleMs"];
  return (
    <>
      <p className="text-xs text-ink-3">
        Times that passed while the computer slept, was off, or the schedule was paused.
      </p>
      <div className="grid items-start gap-3 sm:grid-cols-2">
        <Field label="Missed runs">
          {(ids) => (
            <Select {...ids} value={missed.mode} onValueChange={(mode) => onChange({ mode })} options={MODES} />
          )}
        </Field>
        {missed.mode === "all" ? (
          <NumberField
            label="At most"
            hint="The latest count."
            value={missed.cap}
            usual={10}
            min={1}
            max={1000}
            onChange={(cap) => onChange({ cap })}
          />
        ) : null}
        {missed.mode === "skip" ? null : (
          <>
            <DurationField
              label="Not older than"
              error={problems.at("missed.deadlineMs")}
              valueMs={missed.deadlineMs}
              onChange={(deadlineMs) => onChange({ deadlineMs })}
            />
            <DurationField
              label="Rest after waking"
              hint="Till network and disks are back."
              error={problems.at("missed.settleMs")}
              valueMs={missed.settleMs}
              onChange={(settleMs) => onChange({ settleMs })}
            />
          </>
        )}
      </div>
      <RestProblems problems={problems} shown={shown} />
    </>
  );
}
