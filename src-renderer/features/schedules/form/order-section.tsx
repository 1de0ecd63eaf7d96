import { useQuery } from "@tanstack/react-query";
import type { OverlapPolicy } from "../../../../src-core/model/schedule.ts";
import { settingsQuery } from "../../../app/queries.ts";
import { Field } from "../../../components/field.tsx";
import { NumberField } from "../../../components/number-field.tsx";
import { Select } from "../../../components/select.tsx";
import { WordListField } from "../../../components/word-list-field.tsx";
import type { SectionProblems } from "./field-problems.ts";
import { RestProblems } from "./section.tsx";

const OVERLAPS: readonly { value: OverlapPolicy; label: string }[] = [
  { value: "skip", label: "Skip it" },
  { value: "buffer-one", label: "Let one wait, skip further ones" },
  { value: "buffer-all", label: "Let all wait" },
  { value: "cancel-other", label: "Cancel the one before" },
  { value: "allow", label: "Run beside it" },
];

interface OrderPart {
  readonly priority: number;
  readonly groups: readonly string[];
  readonly overlap: OverlapPolicy;
}

export function orderWords({ priority, groups, overlap }: OrderPart): string {
  const word = OVERLAPS.find(({ value }) => value === overlap)?.label.toLowerCase() ?? overlap;
  return [`priority ${priority}`, ...(groups.length === 0 ? [] : [groups.join(", ")]), `overlap: ${word}`].join(" · ");
}

/** Who goes first, what it shares limits with, and what happens when it is due while it still runs. */
export function OrderFields(props: {
  order: OrderPart;
  problems: SectionProblems;
  onChange: (part: { priority?: number; groups?: string[]; overlap?: OverlapPolicy }) => void;
}) {
  const { order, problems, onChange } = props;
  const limits = useQuery(settingsQuery).data?.groupLimits ?? [];
  return (
    <>
      <div className="grid items-start gap-3 sm:grid-cols-2">
        <NumberField
          label="Priority"
          hint="0 (last) to 100 (first); 50 is usual. It grows while a run waits."
          value={order.priority}
          usual={50}
          min={0}
          max={100}
          onChange={(priority) => onChange({ priority })}
        />
        <Field label="Due while it still runs">
          {(ids) => (
            <Select
              {...ids}
              value={order.overlap}
              onValueChange={(overlap) => onChange({ overlap })}
              options={OVERLAPS}
            />
          )}
        </Field>
      </div>
      <WordListField
        label="Groups"
        hint="Runs of a group share a limit (Settings, Work at once). Machines, hosts, datastores, sources and targets are groups by themselves."
        placeholder="e.g. tape"
        words={order.groups}
        known={limits.map(({ group }) => group).filter((group) => !group.includes(":"))}
        error={problems.at("groups")}
        onChange={(groups) => onChange({ groups })}
      />
      <RestProblems problems={problems} shown={["groups"]} />
    </>
  );
}
