/** A lane's thread: is sent a LaneStart by entry.ts. Loads what reading disks needs, and no schema. */
import { parentPort } from "node:worker_threads";
import { runLane } from "./lanes/lane.ts";
import type { LaneStart } from "./lanes/messages.ts";

const port = parentPort;
if (port === null) throw new Error("workers/lane-entry.ts is started as a worker thread");
port.once("message", (start: LaneStart) => void runLane(start, port));
