import { Plus, X } from "lucide-react";
import { Button, IconButton } from "../../../components/button.tsx";
import { DurationField } from "../../../components/duration-field.tsx";
import { Field, TextInput } from "../../../components/field.tsx";
import { PickButtons } from "../../../components/pick-buttons.tsx";
import { Select } from "../../../components/select.tsx";
import type { SectionProblems } from "./field-problems.ts";
import { placesOf } from "./places.ts";
import { RestProblems } from "./section.tsx";
import { DAYS, WHEN_KINDS, type WhenForm, type WhenKind } from "./when-form.ts";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"].map(
  (label, index) => ({ value: index + 1, label }),
);
const MONTH_DAYS = Array.from({ length: 31 }, (_, n) => ({ value: n + 1, label: String(n + 1) }));
const NTH = [
  { value: "1", label: "first" },
  { value: "2", label: "second" },
  { value: "3", label: "third" },
  { value: "4", label: "fourth" },
  { value: "5", label: "fifth" },
  { value: "last", label: "last" },
] as const;
/** Most times of a day, as the model has it. */
const MAX_TIMES = 48;

interface WhenFieldsProps {
  when: WhenForm;
  /** When, in a sentence, as the program understood it. */
  words: string | null;
  problems: SectionProblems;
  onChange: (part: Partial<WhenForm>) => void;
}

/** When it is due: a kind, and its fields. */
export function WhenFields({ when, words, problems, onChange }: WhenFieldsProps) {
  const { kind } = when;
  const calendar = kind !== "interval" && kind !== "once" && kind !== "after" && kind !== "cron";
  const shown = kind === "cron" ? ["when.expression"] : kind === "once" ? ["when.at"] : [];
  return (
    <>
      <div className="flex flex-wrap items-start gap-3">
        <Field label="Runs" className="w-52">
          {(ids) => (
            <Select<WhenKind>
              {...ids}
              value={kind}
              onValueChange={(next) => onChange({ kind: next })}
              options={WHEN_KINDS}
            />
          )}
        </Field>
        <KindFields when={when} problems={problems} onChange={onChange} />
      </div>
      {kind === "weekly" ? (
        <PickButtons
          label="Days"
          options={DAYS.map(({ value, short, label }) => ({ value, label: short, title: label }))}
          picked={when.weekdays}
          onChange={(weekdays) => onChange({ weekdays })}
          error={problems.at("when.days.weekdays")}
        />
      ) : null}
      {kind === "monthly" ? (
        <PickButtons
          label="Days of the month"
          options={MONTH_DAYS}
          picked={when.monthDays}
          onChange={(monthDays) => onChange({ monthDays })}
          error={problems.at("when.days.days")}
        />
      ) : null}
      {calendar ? <Times when={when} problems={problems} onChange={onChange} /> : null}
      {calendar && kind !== "daily" && kind !== "weekly" ? (
        <PickButtons
          label="Only in these months (none: in all)"
          options={MONTHS}
          picked={when.months}
          onChange={(months) => onChange({ months })}
        />
      ) : null}
      {kind === "cron" && words !== null && problems.at("when.expression") === undefined ? (
        <p className="text-xs text-ink-2">{words}</p>
      ) : null}
      <RestProblems
        problems={problems}
        shown={[...shown, "when.days.weekdays", "when.days.days", "zone", "jitterMs", "startsOn", "endsOn"]}
      />
    </>
  );
}

function KindFields({ when, problems, onChange }: Omit<WhenFieldsProps, "words">) {
  switch (when.kind) {
    case "cron":
      return (
        <Field
          label="Cron expression"
          className="min-w-64 flex-1"
          error={problems.at("when.expression")}
          hint="Minute, hour, day, month, weekday. Also @daily, names, L, and # for the nth weekday."
        >
          {(ids) => (
            <TextInput
              {...ids}
              className="font-mono"
              maxLength={200}
              value={when.expression}
              onChange={(event) => onChange({ expression: event.target.value })}
            />
          )}
        </Field>
      );
    case "interval":
      return (
        <>
          <DurationField
            label="Every"
            hint="By elapsed time, whatever clocks do."
            error={problems.at("when.everyMs")}
            valueMs={when.everyMs}
            onChange={(everyMs) => onChange({ everyMs })}
          />
          <Field label="Counted from" hint="Time of this computer.">
            {(ids) => (
              <TextInput
                {...ids}
                type="datetime-local"
                className="w-56"
                value={localOf(when.fromAt)}
                onChange={(event) => {
                  const at = new Date(event.target.value);
                  if (!Number.isNaN(at.getTime())) onChange({ fromAt: at.toISOString() });
                }}
              />
            )}
          </Field>
        </>
      );
    case "once":
      return (
        <Field label="At" error={problems.at("when.at")} hint="In the schedule's time zone.">
          {(ids) => (
            <TextInput
              {...ids}
              type="datetime-local"
              className="w-56"
              value={when.onceAt}
              onChange={(event) => onChange({ onceAt: event.target.value })}
            />
          )}
        </Field>
      );
    case "after":
      return (
        <p className="mt-6 min-w-0 flex-1 text-xs text-ink-2">
          Never by the clock: whenever the schedules named under “After other schedules” have ended.
        </p>
      );
    case "nth-weekday":
      return (
        <>
          <Field label="Which" className="w-28">
            {(ids) => (
              <Select
                {...ids}
                value={String(when.nth)}
                onValueChange={(chosen) =>
                  onChange({ nth: ([1, 2, 3, 4, 5, "last"] as const).find((one) => String(one) === chosen) ?? 1 })
                }
                options={NTH}
              />
            )}
          </Field>
          <Field label="Weekday" className="w-36">
            {(ids) => (
              <Select {...ids} value={when.weekday} onValueChange={(weekday) => onChange({ weekday })} options={DAYS} />
            )}
          </Field>
        </>
      );
    case "last-day":
      return (
        <Field label="Days before the last" hint="0: the last day itself.">
          {(ids) => (
            <TextInput
              {...ids}
              type="number"
              min={0}
              max={27}
              className="w-24"
              value={when.daysBefore}
              onChange={(event) =>
                onChange({ daysBefore: Math.min(27, Math.max(0, Math.round(event.target.valueAsNumber || 0))) })
              }
            />
          )}
        </Field>
      );
    default:
      return null;
  }
}

function Times({ when, problems, onChange }: Omit<WhenFieldsProps, "words">) {
  const { times } = when;
  return (
    <fieldset>
      <legend className="mb-1 text-xs font-medium text-ink-2">At</legend>
      <div className="flex flex-wrap items-center gap-1.5">
        {placesOf(times).map((index) => (
          <span key={index} className="inline-flex items-center">
            <TextInput
              type="time"
              aria-label={times.length === 1 ? "Time" : `Time ${index + 1}`}
              aria-invalid={problems.at(`when.times.${index}`) === undefined ? undefined : true}
              className="w-30"
              value={times[index] ?? ""}
              onChange={(event) => onChange({ times: times.with(index, event.target.value) })}
            />
            {times.length === 1 ? null : (
              <IconButton
                label={`Remove time ${times[index]}`}
                onClick={() => onChange({ times: times.toSpliced(index, 1) })}
              >
                <X aria-hidden />
              </IconButton>
            )}
          </span>
        ))}
        <Button
          size="small"
          look="quiet"
          disabled={times.length >= MAX_TIMES}
          onClick={() => onChange({ times: [...times, anotherTime(times)] })}
        >
          <Plus aria-hidden />
          Another time
        </Button>
      </div>
    </fieldset>
  );
}

/** Half a day after the last one. */
function anotherTime(times: readonly string[]): string {
  const [hours = "2", minutes = "00"] = (times.at(-1) ?? "").split(":");
  const hour = (Number(hours) + 12) % 24;
  return `${String(Number.isNaN(hour) ? 12 : hour).padStart(2, "0")}:${/^\d\d$/.test(minutes) ? minutes : "00"}`;
}

/** As inputs of date and time take it, local. */
function localOf(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "";
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
