/** From what a person calls a schedule to the one that is meant. */
import { contract } from "../../../src-core/contract/contract.ts";
import { AppError } from "../../../src-core/model/error.ts";
import type { ScheduleRow } from "../../../src-core/model/schedule-view.ts";
import type { RestClient } from "./rest-client.ts";

/** The schedules of these names (in any case) or ids, in their order. @throws AppError request.not-found */
export async function findSchedules(
  client: RestClient,
  names: readonly string[],
  signal: AbortSignal,
): Promise<ScheduleRow[]> {
  const all = await client.call(contract.schedules.list, undefined, signal);
  return names.map((which) => {
    const byId = all.find(({ id }) => id === which);
    const found = byId ?? all.find(({ name }) => name.toLowerCase() === which.toLowerCase());
    if (found === undefined) throw new AppError("request.not-found", `There is no schedule ${which}.`);
    return found;
  });
}

/** @throws AppError request.not-found */
export async function findSchedule(client: RestClient, which: string, signal: AbortSignal): Promise<ScheduleRow> {
  const [found] = await findSchedules(client, [which], signal);
  if (found === undefined) throw new AppError("internal.bug", "A schedule was asked for and none was answered.");
  return found;
}
