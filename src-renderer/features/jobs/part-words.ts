/** Words about one disk of an export, from its facts. Pure. */
import type { Task } from "../../../src-core/model/run.ts";
import type { ProgressDetail } from "../../../src-core/model/task-event.ts";
import { formatRate } from "../../format/bytes.ts";
import { formatEta } from "../../format/duration.ts";

type Part = ProgressDetail["parts"][number];
export type PartTone = "accent" | "ok" | "warn" | "bad" | "idle";

const STATE_WORDS: Record<Part["state"], string> = {
  waiting: "waits for its turn",
  copying: "being read",
  hashing: "checksums",
  done: "done",
};

/** How its bar is coloured: a disk that was done stays so, whatever became of the rest. */
export function partTone(part: Part["state"], task: Task["state"], paused: boolean): PartTone {
  if (part === "done") return "ok";
  if (task === "failed") return "bad";
  if (task === "canceling" || (task === "running" && paused)) return "warn";
  return task === "running" && part !== "waiting" ? "accent" : "idle";
}

/** Its speed and its state with the time left; of one that does not run, that it was not finished. */
export function partPace(part: Part, running: boolean): { speed: string; words: string } {
  if (part.state === "done") return { speed: "", words: STATE_WORDS.done };
  if (!running) return { speed: "", words: part.doneBytes === 0 ? "not begun" : "not finished" };
  if (part.state === "waiting") return { speed: "", words: STATE_WORDS.waiting };
  const left = part.eta === null ? STATE_WORDS[part.state] : formatEta(part.eta);
  if (part.state === "hashing") return { speed: "", words: STATE_WORDS.hashing };
  return { speed: part.rateBytesPerSecond === 0 ? "not moving" : formatRate(part.rateBytesPerSecond), words: left };
}
