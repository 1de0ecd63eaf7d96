/**
 * The one stream of what happens: state changes are stored with an id and can be replayed, progress only passes by.
 * Fan-out waits for the commit of the transaction that published, so nobody hears of what was rolled back.
 */
import type { AppEvent } from "../../src-core/model/event.ts";
import { eventIdRange, eventsAfter, insertEvent, pruneEvents } from "../db/events.ts";
import type { Db } from "../db/open.ts";
import type { Log } from "../log/log.ts";
import { BoundedQueue } from "./bounded-queue.ts";

/** An event as it is told; `id` is null where it was not stored. */
export interface HubEvent {
  readonly id: number | null;
  readonly event: AppEvent;
}

export interface EventHub {
  /** Stores the event when it is a state change (all but progress and finds), gives it an id, fans out. */
  publish(event: AppEvent): void;
  /** Fans out without storing: for what the next one replaces anyhow, such as a run's progress. */
  tell(event: AppEvent): void;
  /** Calls `listener` for every event from now on. It must not throw or block. @returns the end of it */
  listen(listener: (told: HubEvent) => void): () => void;
  /**
   * Replays what was stored after `afterId` (null: nothing), then goes on live until `signal` aborts. Who reads too slowly,
   * or asks for more than is kept, gets one `reset` and goes on from there.
   */
  stream(afterId: number | null, signal: AbortSignal): AsyncIterable<HubEvent>;
}

/** Events kept for replay. */
const KEEP = 10_000;
const PRUNE_EVERY = 500;
/** Events one slow listener may be behind before it is told to start over. */
const QUEUE_LIMIT = 2_000;
const REPLAY_PAGE = 500;

export function createEventHub(deps: { db: Db; log: Log; keep?: number; queueLimit?: number }): EventHub {
  const { db, log } = deps;
  const keep = deps.keep ?? KEEP;
  const listeners = new Set<(told: HubEvent) => void>();
  let sincePruned = 0;

  const fanOut = (told: HubEvent) => {
    for (const listener of listeners) {
      try {
        listener(told);
      } catch (error) {
        log.error("An event listener failed", { error, type: told.event.type });
      }
    }
  };

  const store = (event: AppEvent): number => {
    sincePruned += 1;
    if (sincePruned >= Math.min(PRUNE_EVERY, keep)) {
      sincePruned = 0;
      pruneEvents(db, keep);
    }
    return insertEvent(db, event);
  };

  const hub: EventHub = {
    publish(event) {
      const id = passesBy(event) ? null : store(event);
      db.afterCommit(() => fanOut({ id, event }));
    },
    tell(event) {
      db.afterCommit(() => fanOut({ id: null, event }));
    },
    listen(listener) {
      const own = (told: HubEvent) => listener(told);
      listeners.add(own);
      return () => listeners.delete(own);
    },
    async *stream(afterId, signal) {
      const queue = new BoundedQueue<HubEvent>(deps.queueLimit ?? QUEUE_LIMIT);
      const stop = hub.listen((told) => queue.push(told));
      const end = () => queue.end();
      signal.addEventListener("abort", end, { once: true });
      if (signal.aborted) end();
      try {
        let seen = afterId ?? 0;
        if (afterId !== null) {
          if (!isKept(db, afterId)) {
            seen = lastId(db);
            yield reset(seen);
          }
          for (;;) {
            const page = eventsAfter(db, seen, REPLAY_PAGE);
            for (const stored of page) {
              if (signal.aborted) return;
              yield stored;
              seen = stored.id;
            }
            if (page.length < REPLAY_PAGE) break;
          }
        }
        for (;;) {
          const next = await queue.take();
          if (next === "end") return;
          if (next === "overflow") {
            seen = lastId(db);
            yield reset(seen);
          } else if (next.id === null || next.id > seen) {
            seen = next.id ?? seen;
            yield next;
          }
        }
      } finally {
        stop();
        signal.removeEventListener("abort", end);
      }
    },
  };
  return hub;
}

/** Progress and finds are replaced by the next one: not worth a row. */
function passesBy(event: AppEvent): boolean {
  return event.type === "task" && (event.event.type === "progress" || event.event.type === "found");
}

/** Whether everything after `id` is still there; an id this database never gave out is not. */
function isKept(db: Db, id: number): boolean {
  const range = eventIdRange(db);
  if (range === null) return id === 0;
  return id >= range.first - 1 && id <= range.last;
}

function lastId(db: Db): number {
  return eventIdRange(db)?.last ?? 0;
}

function reset(id: number): HubEvent {
  return { id, event: { type: "reset" } };
}
