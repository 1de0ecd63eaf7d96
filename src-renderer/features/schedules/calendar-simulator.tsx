/** The simulator: the coming 30, 60 or 90 days with durations predicted from history, a lane for each schedule, and what it adds up to. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { CalendarDays, TriangleAlert } from "lucide-react";
import { useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Collision, ScheduleRow } from "../../../src-core/model/schedule-view.ts";
import { client } from "../../app/api-client.ts";
import { ReadFailure } from "../../app/read-failure.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Segmented } from "../../components/segmented.tsx";
import { SwitchRow } from "../../components/toggle.tsx";
import { formatCount } from "../../format/bytes.ts";
import { formatInZone } from "../../format/date.ts";
import { formatDuration } from "../../format/duration.ts";
import { plural } from "../../format/plural.ts";
import { dayAt, dayOn, shortDay } from "./calendar-days.ts";
import { collisionWords } from "./calendar-items.ts";
import { barPaths, type Lane, lanesOf, totalsOf } from "./calendar-lanes.ts";
import { changesOf } from "./graph-draft.ts";
import { useGraph } from "./graph-store.ts";
import { scheduleStamp } from "./use-calendar.ts";

interface SimulatorProps {
  rows: readonly ScheduleRow[];
  scheduleIds: readonly string[] | null;
  zone: string;
}

const DAYS = ["30", "60", "90"] as const;
/** Of the coming days, how many fill the width. */
const SPANS = [
  { value: "all", label: "All" },
  { value: "14", label: "2 weeks" },
  { value: "3", label: "3 days" },
] as const;
const LANE_HEIGHT = 34;
const BAR_HEIGHT = 14;
const NAMES_WIDTH = 224;
const DAY_MS = 86_400_000;

export function Simulator({ rows, scheduleIds, zone }: SimulatorProps) {
  const draft = useGraph((state) => state.history.present);
  const changes = useMemo(() => changesOf(draft), [draft]);
  const [days, setDays] = useState<(typeof DAYS)[number]>("30");
  const [span, setSpan] = useState<(typeof SPANS)[number]["value"]>("all");
  const [withDraft, setWithDraft] = useState(true);
  const onTop = withDraft ? changes : [];
  const query = useQuery({
    queryKey: ["simulator", scheduleStamp(rows), days, scheduleIds, onTop],
    queryFn: ({ signal }) =>
      client.schedules.simulate(
        { days: Number(days), changes: onTop, ...(scheduleIds === null ? {} : { scheduleIds: [...scheduleIds] }) },
        { signal },
      ),
    placeholderData: keepPreviousData,
  });
  const names = useMemo(
    () =>
      new Map([
        ...rows.map(({ id, name }) => [id, name] as const),
        ...draft.added.map(({ id, definition }) => [id, definition.name] as const),
      ]),
    [rows, draft],
  );
  const nameOf = (id: string) => names.get(id) ?? id;
  const answer = query.data;
  const lanes = useMemo(() => lanesOf(answer?.runs ?? []), [answer]);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex shrink-0 flex-wrap items-center gap-3 px-4 py-2">
        <Segmented
          label="How far ahead"
          value={days}
          onValueChange={setDays}
          options={DAYS.map((value) => ({ value, label: `${value} days` }))}
        />
        <Segmented label="Shown at once" value={span} onValueChange={setSpan} options={SPANS} />
        {changes.length === 0 ? null : (
          <SwitchRow
            checked={withDraft}
            onCheckedChange={setWithDraft}
            label={`With the graph's ${plural(changes.length, "unsaved change")}`}
          />
        )}
      </div>
      {query.error !== null ? (
        <div className="px-4 pb-3">
          <ReadFailure bare title="The simulation failed" error={query.error} onRetry={query.refetch} />
        </div>
      ) : null}
      {answer === undefined ? (
        query.error !== null ? null : (
          <div role="status" aria-label="Simulating" className="skeleton m-4 flex-1" />
        )
      ) : (
        <>
          <Totals {...answer} nameOf={nameOf} zone={zone} rows={rows} />
          {lanes.length === 0 ? (
            <EmptyState icon={<CalendarDays />} title="Nothing runs in that time">
              No schedule that is switched on has a time of its own in the next {days} days.
            </EmptyState>
          ) : (
            <Lanes
              lanes={lanes}
              collisions={answer.collisions}
              fromAt={Date.parse(answer.fromAt)}
              toAt={Date.parse(answer.toAt)}
              spanDays={span === "all" ? null : Number(span)}
              zone={zone}
              nameOf={nameOf}
              saved={new Set(rows.map(({ id }) => id))}
            />
          )}
        </>
      )}
    </div>
  );
}

/** Collisions listed in words. */
const SHOWN = 50;

function Totals(props: {
  runs: Parameters<typeof totalsOf>[0][number][];
  total: number;
  collisions: Collision[];
  nameOf: (id: string) => string;
  zone: string;
  rows: readonly ScheduleRow[];
}) {
  const { runs, total, collisions, nameOf, zone, rows } = props;
  const totals = useMemo(() => totalsOf(runs, collisions), [runs, collisions]);
  const unpredicted = rows.filter(({ predicted }) => predicted === null).length;
  const skipped = totals.skipped.reduce((sum, { count }) => sum + count, 0);
  return (
    <section aria-label="Totals" className="shrink-0 border-b border-line px-4 pb-2 text-sm">
      <p className="flex flex-wrap gap-x-5 gap-y-0.5">
        <span>
          <strong>{formatCount(totals.runs)}</strong> runs
        </span>
        <span>
          <strong>{formatCount(skipped)}</strong> skipped
          {totals.skipped.length === 0
            ? ""
            : `: ${totals.skipped.map(({ why, count }) => `${formatCount(count)} ${why}`).join(", ")}`}
        </span>
        <span className={collisions.length > 0 ? "text-warn" : ""}>
          <strong>{formatCount(collisions.length)}</strong> {collisions.length === 1 ? "collision" : "collisions"}
          {totals.collisions.length === 0
            ? ""
            : `: ${totals.collisions.map(({ group, count }) => `${formatCount(count)} ${group === null ? "over the limit of all" : `in group ${group}`}`).join(", ")}`}
        </span>
      </p>
      {total > runs.length ? (
        <p className="text-xs text-warn">
          These are the first {formatCount(runs.length)} of {formatCount(total)} runs: filter, or look less far ahead.
        </p>
      ) : null}
      {unpredicted === 0 ? null : (
        <p className="text-xs text-ink-3">
          {plural(unpredicted, "schedule")} without a finished run: counted as taking no time.
        </p>
      )}
      {collisions.length === 0 ? null : (
        <details className="mt-1 text-xs">
          <summary className="text-accent">Which collide</summary>
          <ul className="mt-1 grid max-h-40 gap-0.5 overflow-y-auto">
            {collisions.slice(0, SHOWN).map((collision) => (
              <li key={`${collision.group} ${collision.fromAt}`} className="flex gap-2">
                <TriangleAlert aria-hidden className="mt-0.5 size-3 shrink-0 text-warn" />
                <span>
                  {formatInZone(collision.fromAt, zone)},{" "}
                  {formatDuration(Date.parse(collision.toAt) - Date.parse(collision.fromAt))}:{" "}
                  {collisionWords(collision)} ({collision.scheduleIds.slice(0, 5).map(nameOf).join(", ")}
                  {collision.scheduleIds.length > 5 ? ` and ${collision.scheduleIds.length - 5} more` : ""})
                </span>
              </li>
            ))}
          </ul>
          {collisions.length > SHOWN ? <p className="text-ink-3">and {collisions.length - SHOWN} more</p> : null}
        </details>
      )}
    </section>
  );
}

interface LanesProps {
  lanes: readonly Lane[];
  collisions: readonly Collision[];
  fromAt: number;
  toAt: number;
  /** null: all fits the width. */
  spanDays: number | null;
  zone: string;
  nameOf: (id: string) => string;
  /** Ids that have a page of their own. */
  saved: ReadonlySet<string>;
}

function Lanes({ lanes, collisions, fromAt, toAt, spanDays, zone, nameOf, saved }: LanesProps) {
  const scroller = useRef<HTMLElement>(null);
  const [room, setRoom] = useState(800);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setRoom(element.clientWidth - NAMES_WIDTH));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const totalDays = (toAt - fromAt) / DAY_MS;
  const width = Math.max(200, Math.round(spanDays === null ? room : (room * totalDays) / spanDays));
  const ticks = useMemo(() => dayTicks(fromAt, toAt, zone, width), [fromAt, toAt, zone, width]);
  const virtualizer = useVirtualizer({
    count: lanes.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LANE_HEIGHT,
    overscan: 6,
  });
  const x = (at: number) => ((at - fromAt) / (toAt - fromAt)) * width;
  return (
    <section
      ref={scroller}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keyboard
      tabIndex={0}
      aria-label="Lanes of schedules"
      className="min-h-0 flex-1 overflow-auto"
    >
      <div className="relative" style={{ width: NAMES_WIDTH + width }}>
        <div className="sticky top-0 z-20 flex h-6 border-b border-line bg-canvas text-2xs text-ink-3">
          <div className="sticky left-0 z-10 shrink-0 bg-canvas px-3 py-1" style={{ width: NAMES_WIDTH }}>
            {plural(lanes.length, "schedule")}, busiest first
          </div>
          <div aria-hidden className="relative flex-1">
            {ticks.map(({ at, text }) => (
              <span key={at} className="absolute top-1 pl-1 whitespace-nowrap" style={{ left: x(at) }}>
                {text}
              </span>
            ))}
          </div>
        </div>
        <ul aria-label="Schedules" className="relative" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map((item) => {
            const lane = lanes[item.index];
            if (lane === undefined) return null;
            return (
              <LaneRow
                key={lane.scheduleId}
                lane={lane}
                collisions={collisions}
                name={nameOf(lane.scheduleId)}
                linked={saved.has(lane.scheduleId)}
                top={item.start}
                range={[fromAt, toAt]}
                width={width}
                ticks={ticks.map(({ at }) => x(at))}
              />
            );
          })}
        </ul>
      </div>
    </section>
  );
}

function LaneRow(props: {
  lane: Lane;
  collisions: readonly Collision[];
  name: string;
  linked: boolean;
  top: number;
  range: readonly [number, number];
  width: number;
  ticks: readonly number[];
}) {
  const { lane, collisions, name, top, range, width, ticks } = props;
  const [fromAt, toAt] = range;
  const bars = useMemo(() => barPaths(lane.runs, fromAt, toAt, width, BAR_HEIGHT), [lane, fromAt, toAt, width]);
  const clashes = useMemo(() => {
    const its = collisions.filter(({ scheduleIds }) => scheduleIds.includes(lane.scheduleId));
    const scale = width / (toAt - fromAt);
    return its
      .map((each) => {
        const left = Math.round((Date.parse(each.fromAt) - fromAt) * scale);
        return `M${left} 0h${Math.max(2, Math.round((Date.parse(each.toAt) - Date.parse(each.fromAt)) * scale))}v3H${left}z`;
      })
      .join("");
  }, [collisions, lane, fromAt, toAt, width]);
  const words = [
    plural(lane.runs.length - lane.skipped, "run"),
    ...(lane.skipped === 0 ? [] : [`${formatCount(lane.skipped)} skipped`]),
    ...(lane.busyMs === 0 ? [] : [`${formatDuration(lane.busyMs)} in all`]),
  ].join(", ");
  return (
    <li
      className="absolute inset-x-0 top-0 flex border-b border-line"
      style={{ height: LANE_HEIGHT, transform: `translateY(${top}px)` }}
    >
      <div
        className="sticky left-0 z-10 flex shrink-0 flex-col justify-center border-r border-line bg-canvas px-3"
        style={{ width: NAMES_WIDTH }}
      >
        {props.linked ? (
          <Link
            to="/schedules/$id"
            params={{ id: lane.scheduleId }}
            title={name}
            className="truncate text-xs font-medium hover:underline"
          >
            {name}
          </Link>
        ) : (
          <span className="truncate text-xs font-medium" title={name}>
            {name}
          </span>
        )}
        <span className="truncate text-2xs text-ink-3">{words}</span>
      </div>
      <svg role="img" aria-label={`${name}: ${words}`} width={width} height={LANE_HEIGHT} className="shrink-0">
        {ticks.map((at) => (
          <line key={at} x1={at} x2={at} y2={LANE_HEIGHT} stroke="var(--line)" />
        ))}
        <g transform={`translate(0 ${(LANE_HEIGHT - BAR_HEIGHT) / 2})`}>
          <path d={bars.runs} fill="var(--accent-fill)" />
          <path d={bars.skipped} fill="none" stroke="var(--ink-3)" strokeWidth={1} />
        </g>
        <path d={clashes} fill="var(--bad)" transform={`translate(0 ${LANE_HEIGHT - 5})`} />
      </svg>
    </li>
  );
}

/** Room that a day's name needs, in pixels. */
const TICK_ROOM = 76;

/** Beginnings of days on the wall of the zone, as many as have room. */
function dayTicks(fromAt: number, toAt: number, zone: string, width: number): { at: number; text: string }[] {
  const perDay = (width * DAY_MS) / (toAt - fromAt);
  const step = [1, 2, 7, 14].find((days) => days * perDay >= TICK_ROOM) ?? 28;
  const first = dayAt(fromAt, zone);
  const ticks: { at: number; text: string }[] = [];
  for (let wall = first.wall + DAY_MS; ; wall += step * DAY_MS) {
    const { beginsAt } = dayOn(wall, zone);
    if (beginsAt >= toAt) return ticks;
    // At the end there is a line, but no room for its name.
    const room = ((toAt - beginsAt) / DAY_MS) * perDay >= TICK_ROOM;
    ticks.push({ at: beginsAt, text: room ? shortDay(wall) : "" });
  }
}
