import { type FormEvent, useState } from "react";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Field, TextInput } from "../../components/field.tsx";
import { Segmented } from "../../components/segmented.tsx";
import { formatRelative } from "../../format/date.ts";
import { tomorrowMorning } from "../../format/schedule-words.ts";

export interface PauseOrder {
  readonly reason: string;
  /** Null: until somebody ends it. */
  readonly untilAt: string | null;
}

const ENDS = [
  { value: "hour", label: "1 hour" },
  { value: "morning", label: "Tomorrow 06:00" },
  { value: "date", label: "A time…" },
  { value: "open", label: "Until I end it" },
] as const;
type End = (typeof ENDS)[number]["value"];

/** Asks why and how long something is paused. */
export function PauseDialog(props: {
  /** What is paused: "nightly", "3 schedules", "all schedules". */
  what: string;
  busy: boolean;
  onPause: (order: PauseOrder) => void;
  onClose: () => void;
}) {
  const { what, busy, onPause, onClose } = props;
  const [opened] = useState(() => Date.now());
  const [reason, setReason] = useState("");
  const [end, setEnd] = useState<End>("hour");
  const [date, setDate] = useState("");
  const [tried, setTried] = useState(false);
  const untilAt = endOf(end, date, opened);
  const wrong = end !== "date" ? undefined : untilAt === null ? "Give a date and a time." : pastWords(untilAt, opened);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (wrong === undefined) onPause({ reason: reason.trim(), untilAt });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={`Pause ${what}`}
      description="What runs already goes on to its end. What is missed meanwhile is made up for as each schedule says."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="pause" busy={busy}>
            Pause
          </Button>
        </>
      }
    >
      <form id="pause" className="grid gap-4" onSubmit={submit}>
        <Field label="Reason" hint="Shown wherever the pause is: to you in a month, and to others.">
          {(ids) => (
            <TextInput
              {...ids}
              autoFocus
              maxLength={400}
              placeholder="e.g. storage is being moved"
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          )}
        </Field>
        <div className="grid gap-1.5">
          <span className="text-xs font-medium text-ink-2">For how long</span>
          <Segmented<End>
            label="For how long"
            value={end}
            onValueChange={setEnd}
            options={ENDS}
            className="justify-self-start"
          />
          {end === "date" ? (
            <Field label="Ends at" error={tried ? wrong : undefined} hint="Time of this computer.">
              {(ids) => (
                <TextInput
                  {...ids}
                  type="datetime-local"
                  className="w-60"
                  value={date}
                  onChange={(event) => setDate(event.target.value)}
                />
              )}
            </Field>
          ) : (
            <p className="text-xs text-ink-3">
              {untilAt === null
                ? "Until somebody ends it here or from the tray."
                : `Ends ${formatRelative(untilAt, opened)}.`}
            </p>
          )}
        </div>
      </form>
    </Dialog>
  );
}

function endOf(end: End, date: string, nowMs: number): string | null {
  if (end === "hour") return new Date(nowMs + 3_600_000).toISOString();
  if (end === "morning") return tomorrowMorning(nowMs).toISOString();
  if (end === "open" || date === "") return null;
  const at = new Date(date);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

function pastWords(untilAt: string, nowMs: number): string | undefined {
  return Date.parse(untilAt) <= nowMs ? "That is past." : undefined;
}
