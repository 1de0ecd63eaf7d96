import { useMutation } from "@tanstack/react-query";
import { Plus, Upload, X } from "lucide-react";
import { useRef } from "react";
import { toast } from "sonner";
import type { Blackout } from "../../../../src-core/model/window.ts";
import { client } from "../../../app/api-client.ts";
import { toastError } from "../../../app/toast-error.ts";
import { Button, IconButton } from "../../../components/button.tsx";
import { TextInput } from "../../../components/field.tsx";
import { Menu, MenuItem } from "../../../components/menu.tsx";
import { formatAbsolute } from "../../../format/date.ts";
import { plural } from "../../../format/plural.ts";
import type { SectionProblems } from "./field-problems.ts";
import { placesOf } from "./places.ts";

/** As the program takes a calendar file. */
const MAX_ICS_BYTES = 2 * 2 ** 20;
/** Rows drawn at once: an imported calendar may have two thousand. */
const SHOWN = 50;
const WORDS = { range: "from … to", yearly: "every year", mute: "muted" };

interface BlackoutsProps {
  blackouts: readonly Blackout[];
  problems: SectionProblems;
  onChange: (blackouts: readonly Blackout[]) => void;
}

/** Days and hours on which nothing starts, whatever the windows say. */
export function Blackouts({ blackouts, problems, onChange }: BlackoutsProps) {
  const picker = useRef<HTMLInputElement>(null);
  const read = useMutation({
    mutationFn: async (file: File) => client.schedules.blackoutsFromCalendar({ text: await file.text() }),
    onSuccess: ({ blackouts: found, leftOut }) => {
      onChange([...blackouts, ...found]);
      const [first] = leftOut;
      toast.success(`${plural(found.length, "blackout")} read`, {
        ...(first === undefined
          ? {}
          : {
              description: `${plural(leftOut.length, "entry")} left out, e.g. ${first.name}: ${first.why}`,
              duration: 10_000,
            }),
      });
    },
    onError: toastError,
  });
  const take = (file: File | undefined) => {
    if (picker.current !== null) picker.current.value = "";
    if (file === undefined) return;
    if (file.size > MAX_ICS_BYTES) toast.error("That calendar is too large", { description: "2 MiB at most." });
    else read.mutate(file);
  };
  const today = new Date();
  const day = (add: number) => {
    const at = new Date(today.getFullYear(), today.getMonth(), today.getDate() + add, 12);
    return at.toISOString().slice(0, 10);
  };
  const add = (blackout: Blackout) => onChange([...blackouts, blackout]);
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1 text-xs font-medium text-ink-2">Blackouts: nothing starts then</legend>
      {placesOf(blackouts.slice(0, SHOWN)).map((place) => {
        const blackout = blackouts[place];
        if (blackout === undefined) return null;
        const under = `allowed.blackouts.${place}`;
        return (
          <BlackoutRow
            key={place}
            blackout={blackout}
            error={problems.at(`${under}.to`) ?? problems.at(`${under}.day`) ?? problems.at(`${under}.from`)}
            onChange={(next) => onChange(blackouts.with(place, next))}
            onRemove={() => onChange(blackouts.toSpliced(place, 1))}
          />
        );
      })}
      {blackouts.length > SHOWN ? (
        <p className="flex items-center gap-2 text-xs text-ink-2">
          and {blackouts.length - SHOWN} more
          <Button size="small" look="quiet" onClick={() => onChange([])}>
            Remove all
          </Button>
        </p>
      ) : null}
      <div className="flex gap-1.5">
        <Menu
          trigger={
            <Button size="small" look="quiet" className="-ml-2.5">
              <Plus aria-hidden />
              Add a blackout
            </Button>
          }
        >
          <MenuItem
            onSelect={() => add({ kind: "range", name: "maintenance", from: `${day(1)}T00:00`, to: `${day(2)}T00:00` })}
          >
            From a time to another
          </MenuItem>
          <MenuItem onSelect={() => add({ kind: "yearly", name: "holiday", month: 12, day: 24, days: 3 })}>
            Every year
          </MenuItem>
          <MenuItem
            onSelect={() =>
              add({ kind: "mute", name: "muted", untilAt: new Date(Date.now() + 86_400_000).toISOString() })
            }
          >
            Mute for one day from now
          </MenuItem>
        </Menu>
        <input
          ref={picker}
          type="file"
          accept=".ics,text/calendar"
          aria-label="Calendar file"
          className="hidden"
          onChange={(event) => take(event.target.files?.[0])}
        />
        <Button size="small" look="quiet" busy={read.isPending} onClick={() => picker.current?.click()}>
          <Upload aria-hidden />
          Import a calendar (.ics)…
        </Button>
      </div>
    </fieldset>
  );
}

function BlackoutRow(props: {
  blackout: Blackout;
  error: string | undefined;
  onChange: (blackout: Blackout) => void;
  onRemove: () => void;
}) {
  const { blackout, error, onChange, onRemove } = props;
  return (
    <div>
      <div className="flex flex-wrap items-center gap-2 text-sm">
        <TextInput
          aria-label="Name of the blackout"
          maxLength={100}
          className="w-36"
          value={blackout.name}
          onChange={(event) => onChange({ ...blackout, name: event.target.value })}
        />
        <span className="w-18 text-xs text-ink-3">{WORDS[blackout.kind]}</span>
        {blackout.kind === "range" ? (
          <>
            <TextInput
              type="datetime-local"
              aria-label={`${blackout.name} from`}
              className="w-52"
              value={blackout.from}
              onChange={(event) => onChange({ ...blackout, from: event.target.value })}
            />
            <TextInput
              type="datetime-local"
              aria-label={`${blackout.name} to`}
              aria-invalid={error === undefined ? undefined : true}
              className="w-52"
              value={blackout.to}
              onChange={(event) => onChange({ ...blackout, to: event.target.value })}
            />
          </>
        ) : blackout.kind === "yearly" ? (
          <>
            <Amount
              label={`${blackout.name}: month`}
              min={1}
              max={12}
              value={blackout.month}
              onChange={(month) => onChange({ ...blackout, month })}
            />
            <span className="text-xs text-ink-3">month</span>
            <Amount
              label={`${blackout.name}: day`}
              min={1}
              max={31}
              value={blackout.day}
              onChange={(day) => onChange({ ...blackout, day })}
            />
            <span className="text-xs text-ink-3">day, for</span>
            <Amount
              label={`${blackout.name}: days`}
              min={1}
              max={60}
              value={blackout.days}
              onChange={(days) => onChange({ ...blackout, days })}
            />
            <span className="text-xs text-ink-3">days</span>
          </>
        ) : (
          <span className="text-ink-2">until {formatAbsolute(blackout.untilAt)}</span>
        )}
        <IconButton label={`Remove blackout ${blackout.name}`} className="ml-auto" onClick={onRemove}>
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

function Amount(props: { label: string; min: number; max: number; value: number; onChange: (value: number) => void }) {
  const { label, min, max, value, onChange } = props;
  return (
    <TextInput
      type="number"
      aria-label={label}
      min={min}
      max={max}
      className="w-16"
      value={value}
      onChange={(event) => {
        const typed = Math.round(event.target.valueAsNumber);
        onChange(Number.isNaN(typed) ? min : Math.min(max, Math.max(min, typed)));
      }}
    />
  );
}
