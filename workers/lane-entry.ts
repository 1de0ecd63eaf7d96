/** A lane's thread: started by entry.ts with a LaneStart as its workerData. Loads what reading disks needs, and no schema. */
import { parentPort, workerData } from "node:worker_threads";
import { runLane } from "./lanes/lane.ts";
import type { LaneStart } from "./lanes/messages.ts";

if (parentPort === null) throw new Error("workers/lane-entry.ts is started as a worker thread");
await runLane(workerData as LaneStart, parentPort);
