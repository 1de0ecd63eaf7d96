import { Plus, X } from "lucide-react";
import type { Allowed, Window } from "../../../../src-core/model/window.ts";
import { Button, IconButton } from "../../../components/button.tsx";
import { Field, TextInput } from "../../../components/field.tsx";
import { PickButtons } from "../../../components/pick-buttons.tsx";
import { Select } from "../../../components/select.tsx";
import { plural } from "../../../format/plural.ts";
import { Blackouts } from "./blackouts.tsx";
import type { SectionProblems } from "./field-problems.ts";
import { placesOf } from "./places.ts";
import { RestProblems } from "./section.tsx";
import { WeekGrid } from "./week-grid.tsx";
import { DAYS } from "./when-form.ts";

/** Most windows, as the model has it. */
const MAX_WINDOWS = 50;
const OUTSIDE: readonly { value: Allowed["outside"]; label: string }[] = [
  { value: "wait", label: "It waits for the next window" },
  { value: "skip", label: "It is skipped" },
];
const ON_CLOSE: readonly { value: Allowed["onClose"]; label: string }[] = [
  { value: "finish", label: "It runs to its end" },
  { value: "pause", label: "It pauses and goes on in the next window" },
  { value: "stop", label: "It is stopped" },
];

/** "any hour", "2 windows, 1 blackout". */
export function allowedWords({ windows, blackouts, outside, onClose }: Allowed): string {
  if (windows.length === 0 && blackouts.length === 0) return "at any hour, on any day";
  return [
    windows.length === 0
      ? "at any hour"
      : windows
          .map(({ from, to }) => `${from}–${to}`)
          .slice(0, 3)
          .join(", "),
    windows.length > 3 ? `${windows.length - 3} more` : "",
    blackouts.length === 0 ? "" : plural(blackouts.length, "blackout"),
    outside === "wait" ? "waits outside" : "skipped outside",
    onClose === "finish" ? "" : onClose === "pause" ? "pauses at the end" : "stops at the end",
  ]
    .filter((word) => word !== "")
    .join(", ");
}

interface WindowsFieldsProps {
  allowed: Allowed;
  problems: SectionProblems;
  onChange: (part: Partial<Allowed>) => void;
}

/** Hours in which it may work, days on which it may not, and what that does to runs. */
export function WindowsFields({ allowed, problems, onChange }: WindowsFieldsProps) {
  const { windows } = allowed;
  const set = (place: number, part: Partial<Window>) =>
    onChange({ windows: windows.map((window, index) => (index === place ? { ...window, ...part } : window)) });
  return (
    <>
      <div className="grid gap-1.5">
        <p className="text-xs text-ink-3">
          Paint the hours in which it may work. Nothing painted: at any hour. Arrows move, Space turns an hour on or
          off.
        </p>
        <WeekGrid windows={windows} onChange={(painted) => onChange({ windows: painted })} />
      </div>
      <div className="grid gap-2">
        {placesOf(windows).map((place) => {
          const window = windows[place];
          return window === undefined ? null : (
            <WindowRow
              key={place}
              window={window}
              error={problems.at(`allowed.windows.${place}.to`) ?? problems.at(`allowed.windows.${place}.zone`)}
              onChange={(part) => set(place, part)}
              onRemove={() => onChange({ windows: windows.toSpliced(place, 1) })}
            />
          );
        })}
        <Button
          size="small"
          look="quiet"
          className="-ml-2.5 justify-self-start"
          disabled={windows.length >= MAX_WINDOWS}
          onClick={() =>
            onChange({
              windows: [
                ...windows,
                { name: "nights", days: DAYS.map(({ value }) => value), from: "22:00", to: "06:00" },
              ],
            })
          }
        >
          <Plus aria-hidden />
          Add a window
        </Button>
      </div>
      <Blackouts
        blackouts={allowed.blackouts}
        problems={problems}
        onChange={(blackouts) => onChange({ blackouts: [...blackouts] })}
      />
      <div className="grid gap-3 sm:grid-cols-2">
        <Field label="A run that is due outside">
          {(ids) => (
            <Select
              {...ids}
              value={allowed.outside}
              onValueChange={(outside) => onChange({ outside })}
              options={OUTSIDE}
            />
          )}
        </Field>
        <Field label="When a window closes on its work">
          {(ids) => (
            <Select
              {...ids}
              value={allowed.onClose}
              onValueChange={(onClose) => onChange({ onClose })}
              options={ON_CLOSE}
            />
          )}
        </Field>
      </div>
      <RestProblems
        problems={problems}
        shown={placesOf(windows).flatMap((n) => [`allowed.windows.${n}.to`, `allowed.windows.${n}.zone`])}
      />
    </>
  );
}

function WindowRow(props: {
  window: Window;
  error: string | undefined;
  onChange: (part: Partial<Window>) => void;
  onRemove: () => void;
}) {
  const { window, error, onChange, onRemove } = props;
  const { name, days, from, to, zone } = window;
  return (
    <fieldset className="rounded-md border border-line px-3 pt-1.5 pb-2.5">
      <legend className="sr-only">Window {name}</legend>
      <div className="flex flex-wrap items-end gap-2">
        <Field label="Window" className="w-32">
          {(ids) => (
            <TextInput
              {...ids}
              maxLength={100}
              value={name}
              onChange={(event) => onChange({ name: event.target.value })}
            />
          )}
        </Field>
        <Field label="Opens">
          {(ids) => (
            <TextInput {...ids} type="time" value={from} onChange={(event) => onChange({ from: event.target.value })} />
          )}
        </Field>
        <Field label="Closes">
          {(ids) => (
            <TextInput
              {...ids}
              className="w-20"
              placeholder="HH:MM"
              aria-invalid={error === undefined ? undefined : true}
              title="HH:MM, or 24:00 for the end of the day; before the opening: on the next day"
              value={to}
              onChange={(event) => onChange({ to: event.target.value as Window["to"] })}
            />
          )}
        </Field>
        <Field label="Zone" className="w-36">
          {(ids) => (
            <TextInput
              {...ids}
              placeholder="the schedule's"
              value={zone ?? ""}
              onChange={(event) => onChange({ zone: event.target.value === "" ? undefined : event.target.value })}
            />
          )}
        </Field>
        <IconButton label={`Remove window ${name}`} className="mb-0.5 ml-auto" onClick={onRemove}>
          <X aria-hidden />
        </IconButton>
      </div>
      <div className="mt-2">
        <PickButtons
          label={to < from ? "Opens on (and closes the day after)" : "On"}
          options={DAYS.map(({ value, short, label }) => ({ value, label: short, title: label }))}
          picked={days}
          onChange={(picked) =>
            onChange({ days: DAYS.map(({ value }) => value).filter((day) => picked.includes(day)) })
          }
        />
      </div>
      {error === undefined ? null : (
        <p role="alert" className="mt-1 text-xs text-bad">
          {error}
        </p>
      )}
    </fieldset>
  );
}
