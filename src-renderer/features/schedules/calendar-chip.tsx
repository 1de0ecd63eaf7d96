/** A run in a cell of the calendar, and the list of a cell that holds more than it can show. */
import { Link } from "@tanstack/react-router";
import { CalendarClock, SkipForward, TriangleAlert } from "lucide-react";
import { classNames } from "../../components/class-names.ts";
import { Dialog } from "../../components/dialog.tsx";
import { ScheduledStateBadge, ScheduledStateIcon } from "../../components/scheduled-state.tsx";
import { plural } from "../../format/plural.ts";
import { SCHEDULED_STATE_WORDS } from "../../format/schedule-words.ts";
import { clockText } from "./calendar-days.ts";
import { type CalendarItem, collisionWords } from "./calendar-items.ts";

/** What a run is called beside its name: "done", "skipped", "to come". */
export function itemWords({ run, skipped }: CalendarItem): string {
  if (run !== null) return SCHEDULED_STATE_WORDS[run.state].toLowerCase();
  return skipped ? "will be skipped" : "to come";
}

/** Small: leads to the run, or to the schedule of one to come. Reached by keyboard through its cell. */
export function ItemChip({ item, zone }: { item: CalendarItem; zone: string }) {
  const { run, name, at, skipped, collisions, reasons } = item;
  const title = [
    `${clockText(at, zone)} ${name}: ${itemWords(item)}`,
    ...reasons,
    ...collisions.map(collisionWords),
  ].join("\n");
  return (
    <ItemLink
      item={item}
      title={title}
      className={classNames(
        "flex h-5 min-w-0 items-center gap-1 rounded px-1 text-2xs hover:bg-accent-soft",
        collisions.length > 0 ? "bg-warn-soft text-ink" : run === null ? "text-ink-2" : "bg-raised text-ink",
        skipped && "line-through decoration-ink-3",
      )}
    >
      {collisions.length > 0 ? (
        <TriangleAlert aria-label="collides" className="size-3 shrink-0 text-warn" />
      ) : run !== null ? (
        <ScheduledStateIcon state={run.state} className="size-3 shrink-0" />
      ) : skipped ? (
        <SkipForward aria-hidden className="size-3 shrink-0 text-ink-3" />
      ) : (
        <CalendarClock aria-hidden className="size-3 shrink-0 text-ink-3" />
      )}
      <span className="shrink-0 tabular-nums">{clockText(at, zone)}</span>
      <span className="truncate">{name}</span>
    </ItemLink>
  );
}

function ItemLink(props: {
  item: CalendarItem;
  title?: string;
  className: string;
  children: React.ReactNode;
  focusable?: boolean;
}) {
  const { item, title, className, children } = props;
  const tab = props.focusable === true ? {} : { tabIndex: -1 };
  return item.run !== null ? (
    <Link to="/schedules/runs/$id" params={{ id: item.run.id }} title={title} className={className} {...tab}>
      {children}
    </Link>
  ) : (
    <Link to="/schedules/$id" params={{ id: item.scheduleId }} title={title} className={className} {...tab}>
      {children}
    </Link>
  );
}

/** So many are listed; a cell may hold thousands. */
const SHOWN = 500;

/** All of a cell, with reasons and with what each collides. */
export function CellDialog(props: {
  title: string;
  items: readonly CalendarItem[];
  zone: string;
  nameOf: (scheduleId: string) => string;
  onClose: () => void;
}) {
  const { title, items, zone, nameOf, onClose } = props;
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={title}
      description={items.length === 0 ? "Nothing runs in that time." : plural(items.length, "run")}
      width="narrow"
    >
      <ul className="grid gap-1">
        {items.slice(0, SHOWN).map((item) => (
          <li key={item.key}>
            <ItemLink
              item={item}
              focusable
              className="block rounded-md border border-line px-2.5 py-1.5 hover:border-line-strong"
            >
              <span className="flex items-center gap-2">
                <span className="tabular-nums">
                  {clockText(item.at, zone)}
                  {item.endAt === null || item.endAt - item.at < 60_000 ? "" : `–${clockText(item.endAt, zone)}`}
                </span>
                <span className="min-w-0 flex-1 truncate font-medium">{item.name}</span>
                {item.run === null ? (
                  <span className="text-xs text-ink-3">{itemWords(item)}</span>
                ) : (
                  <ScheduledStateBadge state={item.run.state} className="text-xs" />
                )}
              </span>
              {item.reasons.map((reason) => (
                <span key={reason} className="block text-xs text-ink-2">
                  {reason}
                </span>
              ))}
              {item.collisions.map((collision) => (
                <span key={`${collision.group} ${collision.fromAt}`} className="block text-xs text-warn">
                  Collides with {others(collision.scheduleIds, item.scheduleId, nameOf)}: {collisionWords(collision)}.
                </span>
              ))}
            </ItemLink>
          </li>
        ))}
      </ul>
      {items.length > SHOWN ? <p className="mt-2 text-xs text-ink-3">and {items.length - SHOWN} more</p> : null}
    </Dialog>
  );
}

const MOST_NAMES = 6;

function others(ids: readonly string[], own: string, nameOf: (id: string) => string): string {
  const names = ids.filter((id) => id !== own).map(nameOf);
  if (names.length === 0) return "other runs of its own";
  const more = names.length - MOST_NAMES;
  return `${names.slice(0, MOST_NAMES).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
