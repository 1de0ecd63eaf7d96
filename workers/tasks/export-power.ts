/** A machine that is to be off while it is exported: asked to shut down before, started again after. */
import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "../../src-core/model/error.ts";
import type { ExportSpec } from "../../src-core/model/export.ts";
import type { Connection } from "../providers/provider.ts";
import type { TaskContext } from "../task.ts";
import type { ExportPoint } from "./export-try.ts";

/** A guest that takes longer does not shut down. */
const SHUTDOWN_MS = 10 * 60_000;
const LOOK_MS = 1_000;

/**
 * @returns whether it ran
 * @throws AppError source.refused when it does not go off in time; as Connection.power
 */
export async function shutDown(
  connection: Connection,
  { machineId, machineName }: ExportSpec,
  ctx: TaskContext,
): Promise<boolean> {
  if ((await connection.machine(machineId)).power !== "on") return false;
  ctx.log("info", `${machineName} is asked to shut down.`);
  ctx.progress(0, 0, "shutting down");
  await connection.power(machineId, "shutdown", ctx.signal);
  for (const until = ctx.now() + SHUTDOWN_MS; ctx.now() < until; await sleep(LOOK_MS)) {
    await ctx.gate();
    if ((await connection.machine(machineId)).power === "off") return true;
  }
  throw new AppError("source.refused", `${machineName} was asked to shut down, but runs still after ten minutes.`, {
    hint: "Shut it down yourself, or export it as it runs.",
  });
}

/** What cannot be started again is told: the export is not less for it. */
export async function startAgain(
  connection: Connection,
  { machineId, machineName, power }: ExportSpec,
  { wasOn }: ExportPoint,
  ctx: TaskContext,
): Promise<void> {
  if (power !== "shutdown-and-start" || !wasOn) return;
  try {
    await connection.power(machineId, "on", new AbortController().signal);
    ctx.log("info", `${machineName} was started again.`);
  } catch (thrown) {
    ctx.warn(`${machineName} could not be started again: ${AppError.from(thrown).message}`);
  }
}
