/** What a source said and was at lately: kept while the program runs, the newest only. */
import type { SourceEvent, SourceTask } from "../../src-core/model/inventory.ts";

const EVENTS = 500;
const TASKS = 200;

export interface Activity {
  event(event: SourceEvent): void;
  /** Replaces what was known of the task. */
  task(task: SourceTask): void;
  /** Newest first. */
  events(): SourceEvent[];
  /** Newest first. */
  tasks(): SourceTask[];
}

export function createActivity(): Activity {
  const events: SourceEvent[] = [];
  const tasks = new Map<string, SourceTask>();
  return {
    event(event) {
      events.push(event);
      if (events.length > EVENTS) events.shift();
    },
    task(task) {
      tasks.set(task.id, task);
      if (tasks.size <= TASKS) return;
      const ended = [...tasks.values()].find(({ state }) => state === "success" || state === "error");
      const oldest = ended?.id ?? tasks.keys().next().value;
      if (oldest !== undefined) tasks.delete(oldest);
    },
    events: () => events.toSorted((a, b) => b.at.localeCompare(a.at)),
    tasks: () => [...tasks.values()].toReversed(),
  };
}
