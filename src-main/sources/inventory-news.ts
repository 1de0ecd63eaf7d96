/** Gathers what changed in one source's inventory: tells the first at once, and what follows twice a second at most. */
import type { AppEvent } from "../../src-core/model/event.ts";
import type { Applied } from "../db/inventory.ts";

type InventoryEvent = Extract<AppEvent, { type: "inventory" }>;

/** What is told at once. */
export interface News extends Pick<InventoryEvent, "nodesChanged" | "activityChanged"> {
  /** Null: too many to be told one by one. */
  readonly machines: readonly string[] | null;
  readonly gone: readonly string[];
}

const TELL_EVERY_MS = 500;
/** More changed machines than this are not told one by one: whoever shows them reads the list anew. */
const MOST = 200;

export interface InventoryNews {
  add(applied: Applied): void;
  /** An event or a task of the source. */
  activity(): void;
  /** Tells what is held back. */
  flush(): void;
  /** Forgets what is held back. */
  stop(): void;
}

/** @param tell must not throw */
export function createInventoryNews(tell: (news: News) => void, everyMs = TELL_EVERY_MS): InventoryNews {
  /** Runs until something may be told. */
  let timer: NodeJS.Timeout | null = null;
  let machines = new Set<string>();
  let gone = new Set<string>();
  let nodesChanged = false;
  let activityChanged = false;

  const waitThen = (run: () => void, ms: number) => {
    timer = setTimeout(run, ms);
    timer.unref();
  };
  const isEmpty = () => machines.size + gone.size === 0 && !nodesChanged && !activityChanged;

  const flush = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (isEmpty()) return;
    const few = machines.size + gone.size <= MOST;
    const news = { machines: few ? [...machines] : null, gone: few ? [...gone] : [], nodesChanged, activityChanged };
    machines = new Set();
    gone = new Set();
    nodesChanged = false;
    activityChanged = false;
    waitThen(flush, everyMs);
    tell(news);
  };
  /** After a quiet while at once: with the next turn, for a change comes in several calls. */
  const later = () => {
    if (timer === null) waitThen(flush, 0);
  };
  return {
    add(applied) {
      for (const id of applied.machines) {
        machines.add(id);
        gone.delete(id);
      }
      for (const id of applied.gone) {
        gone.add(id);
        machines.delete(id);
      }
      nodesChanged ||= applied.nodesChanged;
      later();
    },
    activity() {
      activityChanged = true;
      later();
    },
    flush,
    stop() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      machines.clear();
      gone.clear();
      nodesChanged = false;
      activityChanged = false;
    },
  };
}
