import { ChevronRight, Plus, X } from "lucide-react";
import type { ExportOptions } from "../../src-core/model/export.ts";
import { Button, IconButton } from "../components/button.tsx";
import { Field, TextInput } from "../components/field.tsx";
import { NumberField } from "../components/number-field.tsx";
import { Select } from "../components/select.tsx";
import { POWER_WORDS, QUIESCE_WORDS } from "../format/export-words.ts";
import { type ExportErrors, type ExportForm, MAX_TIMED, type TimedForm, withTimed } from "./export-form.ts";
import { ReadLimitField } from "./read-limit-field.tsx";

interface PartProps {
  form: ExportForm;
  onChange: (part: Partial<ExportForm>) => void;
}

const QUIESCE = (["try", "require", "no"] as const).map((value) => ({ value, label: QUIESCE_WORDS[value].label }));
const POWER = (["leave", "shutdown", "shutdown-and-start"] as const).map((value) => ({
  value,
  label: POWER_WORDS[value].label,
}));

/** How machines are treated that run. Only what their source can do is asked. */
export function RunningFields(props: PartProps & { canPower: boolean; canQuiesce: boolean }) {
  const { form, canPower, canQuiesce, onChange } = props;
  if (!canPower && !canQuiesce) return null;
  return (
    <div className="grid items-start gap-3 sm:grid-cols-2">
      {canPower ? (
        <Field label="If a machine runs" hint={POWER_WORDS[form.power].means}>
          {(ids) => (
            <Select<ExportOptions["power"]>
              {...ids}
              value={form.power}
              onValueChange={(power) => onChange({ power })}
              options={POWER}
            />
          )}
        </Field>
      ) : null}
      {canQuiesce && form.power === "leave" ? (
        <Field label="Bring its files in order first" hint={QUIESCE_WORDS[form.quiesce].means}>
          {(ids) => (
            <Select<ExportOptions["quiesce"]>
              {...ids}
              value={form.quiesce}
              onValueChange={(quiesce) => onChange({ quiesce })}
              options={QUIESCE}
            />
          )}
        </Field>
      ) : null}
    </div>
  );
}

/** How fast, how much at once, and in which order: rarely asked for. */
export function PaceFields({
  form,
  errors,
  scheduled = false,
  onChange,
}: PartProps & {
  errors: ExportErrors;
  /** A schedule has a priority of its own. */
  scheduled?: boolean;
}) {
  return (
    <details className="group">
      <summary className="flex w-fit items-center gap-1 text-sm text-ink-2 hover:text-ink">
        <ChevronRight aria-hidden className="size-4 transition-transform group-open:rotate-90" />
        {scheduled ? "Speed" : "Speed and order"}
        <span className="ml-1 text-xs text-ink-3">{paceWords(scheduled ? { ...form, priority: 50 } : form)}</span>
      </summary>
      <div className="mt-2 grid items-start gap-3 sm:grid-cols-2">
        <NumberField
          label="Disks at once"
          hint={form.output === "ova" ? "An OVA takes one disk at a time." : "Of each machine."}
          value={form.disksAtOnce}
          usual={2}
          min={1}
          max={8}
          onChange={(disksAtOnce) => onChange({ disksAtOnce })}
        />
        <NumberField
          label="Connections per host"
          hint="At most; fewer are used where more bring nothing."
          value={form.connectionsPerHost}
          usual={4}
          min={1}
          max={8}
          onChange={(connectionsPerHost) => onChange({ connectionsPerHost })}
        />
        <ReadLimitField value={form.limitMib} error={errors.limit} onChange={(limitMib) => onChange({ limitMib })} />
        {scheduled ? null : (
          <NumberField
            label="Priority"
            hint="0 (last) to 100 (first); 50 is usual."
            value={form.priority}
            usual={50}
            min={0}
            max={100}
            onChange={(priority) => onChange({ priority })}
          />
        )}
        <fieldset className="grid gap-2 sm:col-span-2">
          <legend className="mb-1 text-xs font-medium text-ink-2">Limits by time of day</legend>
          {form.timed.map((row) => (
            <TimedRow
              key={row.id}
              row={row}
              error={errors.timed.get(row.id)}
              onChange={(part) =>
                onChange({ timed: form.timed.map((one) => (one.id === row.id ? { ...one, ...part } : one)) })
              }
              onRemove={() => onChange({ timed: form.timed.filter(({ id }) => id !== row.id) })}
            />
          ))}
          <div className="flex items-center gap-3">
            <Button
              size="small"
              look="quiet"
              className="-ml-2.5"
              disabled={form.timed.length >= MAX_TIMED}
              onClick={() => onChange(withTimed(form))}
            >
              <Plus aria-hidden />
              Add hours
            </Button>
            {form.timed.length === 0 ? null : (
              <span className="text-xs text-ink-3">Times of this computer. The lowest limit in force holds.</span>
            )}
          </div>
        </fieldset>
      </div>
    </details>
  );
}

/** What is different from the usual, so that it shows while the fields are folded away. */
function paceWords({ limitMib, timed, priority }: ExportForm): string {
  return [
    limitMib.trim() === "" ? null : `at most ${limitMib.trim()} MiB/s`,
    timed.length === 0 ? null : `${timed.length} by time of day`,
    priority === 50 ? null : `priority ${priority}`,
  ]
    .filter((word) => word !== null)
    .join(", ");
}

function TimedRow(props: {
  row: TimedForm;
  error: string | undefined;
  onChange: (part: Partial<TimedForm>) => void;
  onRemove: () => void;
}) {
  const { row, error, onChange, onRemove } = props;
  const wrong = error === undefined ? undefined : true;
  return (
    <div>
      <div className="flex items-center gap-2 text-sm">
        <TextInput
          type="time"
          aria-label="From"
          aria-invalid={wrong}
          className="w-34"
          value={row.from}
          onChange={(event) => onChange({ from: event.target.value })}
        />
        <span className="text-ink-2">to</span>
        <TextInput
          type="time"
          aria-label="To"
          aria-invalid={wrong}
          className="w-34"
          value={row.to}
          onChange={(event) => onChange({ to: event.target.value })}
        />
        <span className="text-ink-2">at most</span>
        <TextInput
          type="number"
          aria-label="MiB a second in these hours"
          aria-invalid={wrong}
          min={0}
          step="any"
          className="w-24"
          value={row.limitMib}
          onChange={(event) => onChange({ limitMib: event.target.value })}
        />
        <span className="text-ink-2">MiB/s</span>
        <IconButton label={`Remove the limit from ${row.from} to ${row.to}`} className="ml-auto" onClick={onRemove}>
          <X aria-hidden />
        </IconButton>
      </div>
      {error === undefined ? null : (
        <p role="alert" className="mt-0.5 text-xs text-bad">
          {error}
        </p>
      )}
    </div>
  );
}
