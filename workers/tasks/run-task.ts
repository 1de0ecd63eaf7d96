/** From a TaskSpec to the task that does it. A new kind of task is one file here and one line below. */
import type { TaskResult, TaskSpec } from "../../src-core/model/task.ts";
import type { TaskContext } from "../task.ts";
import { check } from "./check.ts";
import { compare } from "./compare.ts";
import { convert } from "./convert.ts";
import { describeEngine } from "./describe-engine.ts";
import { extents } from "./extents.ts";
import { inspect } from "./inspect.ts";
import { listFormats } from "./list-formats.ts";
import { map } from "./map.ts";
import { verifyManifest } from "./package-manifest.ts";
import { scan } from "./scan.ts";
import { survey } from "./survey.ts";
import { verify } from "./verify.ts";

/** Runs the task a spec names. @throws AppError */
export function runTask(spec: TaskSpec, ctx: TaskContext): Promise<TaskResult> {
  switch (spec.kind) {
    case "convert":
      return convert(spec, ctx);
    case "verify":
      return verify(spec, ctx);
    case "inspect":
      return inspect(spec, ctx);
    case "map":
      return map(spec, ctx);
    case "survey":
      return survey(spec, ctx);
    case "extents":
      return extents(spec, ctx);
    case "check":
      return check(spec, ctx);
    case "compare":
      return compare(spec, ctx);
    case "manifest":
      return verifyManifest(spec, ctx);
    case "scan":
      return scan(spec, ctx);
    case "describe":
      return describeEngine(spec, ctx);
    case "formats":
      return listFormats(spec, ctx);
  }
}
