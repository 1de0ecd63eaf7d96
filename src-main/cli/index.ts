#!/usr/bin/env node
/** Boot of the command line. */
import { warmUp } from "../jobs/spare-threads.ts";

/** Commands that work on a thread of this process, as a rule: it starts while the rest of the program is still being read. */
const WORKING = new Set(["info", "map", "check", "compare", "convert", "manifest"]);
const works = WORKING.has(process.argv[2] ?? "");
if (works) warmUp();

const { runProcess } = await import("./run-process.ts");
await runProcess(works);
