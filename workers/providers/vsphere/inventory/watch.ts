/**
 * The inventory as a stream of changes. First the places, page after page; then one filter over everything, whose first answers are the
 * machines and whose later ones are what changed: so nothing is missed between a list and the changes to it. After a new login the
 * filter is made anew, and only the difference is told.
 */
import { AppError } from "../../../../src-core/model/error.ts";
import type { InventoryChange } from "../../../../src-core/model/inventory.ts";
import { INVENTORY_COUNT } from "../../../../src-core/model/inventory-limits.ts";
import { createEventCollector, readNextEvents } from "../calls/events.ts";
import * as properties from "../calls/properties.ts";
import { currentTime } from "../calls/service.ts";
import { MACHINE_WANTED } from "../machine/machine-row.ts";
import type { Session } from "../session.ts";
import { faultOf } from "../soap/fault.ts";
import { instantAt, type Ref } from "../soap/read-value.ts";
import { Picture } from "./picture.ts";
import { PLACE_TYPES, PLACES_WANTED } from "./place-facts.ts";
import { RecentTasks, TASKS_WANTED } from "./recent-tasks.ts";

/** How far back events are told at first. */
const EVENTS_BEFORE_MS = 60 * 60_000;
const EVENTS_AT_ONCE = 200;
/** Rounds of events before the inventory has its turn again. */
const EVENT_ROUNDS = 10;
/** Begun anew so often without a single answer: something else is wrong. */
const MOST_RESTARTS = 3;

/** What tells that something of an earlier login was asked for, or that the server lost it. */
const BEGIN_ANEW = new Set(["ManagedObjectNotFound", "NotAuthenticated", "InvalidCollectorVersion"]);

export async function* watchInventory(
  session: Session,
  signal: AbortSignal,
): AsyncGenerator<readonly InventoryChange[], void, void> {
  const state: State = {
    picture: new Picture(),
    tasks: new RecentTasks(),
    settled: false,
    lastEvent: -1,
    tagsAt: 0,
    restarts: 0,
  };
  while (!signal.aborted) {
    try {
      yield* watchOnce(session, state, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!BEGIN_ANEW.has(faultOf(error) ?? "") || ++state.restarts > MOST_RESTARTS) throw error;
      session.context.log(
        "info",
        `${session.origin}: the inventory is asked for anew (${AppError.from(error).message})`,
      );
    }
  }
}

interface State {
  readonly picture: Picture;
  readonly tasks: RecentTasks;
  settled: boolean;
  lastEvent: number;
  /** When tags are read anew. */
  tagsAt: number;
  restarts: number;
}

async function* watchOnce(
  session: Session,
  state: State,
  signal: AbortSignal,
): AsyncGenerator<readonly InventoryChange[], void, void> {
  const view = await properties.createContainerView(session, [...PLACE_TYPES, "VirtualMachine"], signal);
  let collector: Ref | null = null;
  try {
    state.picture.beginAnew();
    const start = properties.viewStart(view);
    for await (const objects of properties.retrieve(session, PLACES_WANTED, [start], signal)) {
      yield* batches(state.picture.apply(objects.map(entered)));
    }
    collector = await properties.createPropertyCollector(session, signal);
    await properties.createFilter(session, collector, [...PLACES_WANTED, MACHINE_WANTED], [start], signal);
    await watchTasks(session, collector, signal);
    const events = await eventCollector(session, signal);
    for (let version = ""; ; ) {
      const updates = properties.waitForUpdates(session, collector, version, signal);
      let end: properties.UpdatesEnd;
      for (;;) {
        const { done, value } = await updates.next();
        if (done) {
          end = value;
          break;
        }
        yield* batches(apply(state, value));
      }
      const first = version === "" || !state.settled;
      version = end.version ?? version;
      if (end.truncated) continue;
      yield* batches(state.picture.endAnew());
      if (first && !state.settled) {
        state.settled = true;
        yield [{ type: "settled" }];
      }
      state.restarts = 0;
      yield* newEvents(session, events, state, signal);
      if (session.context.now() >= state.tagsAt) {
        const tags = await session.tags.read(state.picture.machineIds, signal);
        if (tags !== null) yield* batches(state.picture.setTags(tags));
        state.tagsAt = session.context.now() + session.tuning.tagsMs;
      }
    }
  } finally {
    await forget(session, view, collector);
  }
}

function apply(state: State, updates: readonly properties.ObjectUpdate[]): InventoryChange[] {
  const tasks = updates.filter(({ object }) => object.type === "Task");
  const others = updates.filter(({ object }) => object.type !== "Task");
  return [...state.picture.apply(others), ...tasks.flatMap((update) => state.tasks.apply(update))];
}

function entered({ object, properties: all }: properties.ObjectProperties): properties.ObjectUpdate {
  return { object, kind: "enter", changes: all };
}

function* batches(changes: readonly InventoryChange[]): Iterable<readonly InventoryChange[]> {
  for (let at = 0; at < changes.length; at += INVENTORY_COUNT.batch)
    yield changes.slice(at, at + INVENTORY_COUNT.batch);
}

async function watchTasks(session: Session, collector: Ref, signal: AbortSignal): Promise<void> {
  const manager = session.content.taskManager;
  if (manager === null) return;
  const steps = [{ type: "TaskManager", path: "recentTask", name: "recent", next: [] }];
  await properties.createFilter(
    session,
    collector,
    [TASKS_WANTED],
    [{ object: manager, itself: false, steps }],
    signal,
  );
}

/** Null where the account may not read events: the inventory goes on without. */
async function eventCollector(session: Session, signal: AbortSignal): Promise<Ref | null> {
  const manager = session.content.eventManager;
  if (manager === null) return null;
  try {
    const now = Date.parse(instantAt(await session.call(currentTime(), signal), "returnval") ?? "");
    const since = new Date((Number.isNaN(now) ? Date.now() : now) - EVENTS_BEFORE_MS).toISOString();
    return await createEventCollector(session, manager, since, signal);
  } catch (error) {
    if (faultOf(error) === null) throw error;
    session.context.log("info", `${session.origin}: its events are not told: ${AppError.from(error).message}`);
    return null;
  }
}

async function* newEvents(
  session: Session,
  collector: Ref | null,
  state: State,
  signal: AbortSignal,
): AsyncGenerator<readonly InventoryChange[], void, void> {
  if (collector === null) return;
  for (let round = 0; round < EVENT_ROUNDS; round++) {
    const events = await readNextEvents(session, collector, EVENTS_AT_ONCE, signal);
    const fresh = events.filter(({ key }) => key > state.lastEvent);
    for (const { key } of fresh) state.lastEvent = Math.max(state.lastEvent, key);
    yield* batches(fresh.map(({ key: _, ...event }) => ({ type: "event" as const, ...event })));
    if (events.length < EVENTS_AT_ONCE) return;
  }
}

/** The server forgets them with the session; here somebody else may go on with it. */
async function forget(session: Session, view: Ref, collector: Ref | null): Promise<void> {
  const soon = AbortSignal.timeout(5000);
  try {
    if (collector !== null) await properties.destroyPropertyCollector(session, collector, soon);
    await properties.destroyView(session, view, soon);
  } catch {
    // Gone with the login that made them, or with the connection.
  }
}
