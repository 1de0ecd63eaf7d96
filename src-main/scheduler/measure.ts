/** Measures conditions, each when it is asked for and never before. What cannot be told is null. */
import { availableParallelism, cpus, loadavg } from "node:os";
import { setTimeout } from "node:timers/promises";
import type { Condition, Reading } from "../../src-core/model/condition.ts";
import type { Source } from "../../src-core/model/source.ts";
import { freeSpace } from "../files/free-space.ts";
import type { Power } from "../files/power-supply.ts";
import { addressOf, answers } from "./reach.ts";

export interface Measuring {
  readPower(): Promise<Power>;
  /** Whether the link costs by the byte; null: this system does not tell. */
  isMetered(): Promise<boolean | null>;
  sources(): readonly Pick<Source, "id" | "name" | "address" | "connection">[];
}

/** One reading for each condition, in their order. Takes a few seconds at most, and throws nothing. */
export function measureAll(conditions: readonly Condition[], measuring: Measuring): Promise<Reading[]> {
  return Promise.all(conditions.map((condition) => measure(condition, measuring).catch(() => null)));
}

async function measure(condition: Condition, { readPower, isMetered, sources }: Measuring): Promise<Reading> {
  switch (condition.kind) {
    case "free-space":
      return freeSpace(condition.path);
    case "mains":
      return (await readPower()).onMains;
    case "battery":
      return (await readPower()).batteryPercent;
    case "unmetered": {
      const metered = await isMetered();
      return metered === null ? null : !metered;
    }
    case "reachable": {
      const { target } = condition;
      const source = sources().find(({ id, name }) => id === target || name.toLowerCase() === target.toLowerCase());
      if (source?.connection.state === "connected") return true;
      const address = addressOf(source?.address ?? target);
      return address === null ? (source === undefined ? null : false) : answers(address);
    }
    case "host-load":
      // Windows keeps no such figure, and says zero: there it is the part of a second in which processors worked.
      return process.platform === "win32" ? busyPart() : (loadavg()[0] ?? 0) / availableParallelism();
  }
}

/** The part of the next moment in which this computer's processors work, 0 to 1, of all of them together. */
export async function busyPart(forMs = 1000): Promise<number> {
  const before = spent();
  await setTimeout(forMs);
  const after = spent();
  const all = after.all - before.all;
  return all === 0 ? 0 : (all - (after.idle - before.idle)) / all;
}

function spent(): { idle: number; all: number } {
  const times = cpus().map((cpu) => cpu.times);
  const sum = (of: readonly number[]) => of.reduce((total, each) => total + each, 0);
  return { idle: sum(times.map(({ idle }) => idle)), all: sum(times.flatMap((each) => Object.values(each))) };
}
