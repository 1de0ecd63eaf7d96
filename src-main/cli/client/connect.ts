/**
 * Finds the program that runs on a data folder: service.json says where, the token file lets us in. A service.json that a crash
 * left behind is recognised before the token is sent anywhere: the port may belong to somebody else by now.
 */
import { contract } from "../../../src-core/contract/contract.ts";
import type { SystemInfo } from "../../../src-core/contract/system.ts";
import { AppError } from "../../../src-core/model/error.ts";
import { dataFolder } from "../../files/data-folder.ts";
import { readDiscovery, readLiveDiscovery } from "../../files/discovery.ts";
import { readTokenFile } from "../../files/token-file.ts";
import { createRestClient, type RestClient } from "./rest-client.ts";

/** A program that answered. */
export interface RunningProgram {
  readonly client: RestClient;
  readonly info: SystemInfo;
}

/** The program of the data folder, or null where none runs. @throws AppError job.canceled when `signal` aborts, and where one runs and does not let us in */
export async function findProgram(explicitFolder?: string, signal?: AbortSignal): Promise<RunningProgram | null> {
  const folder = dataFolder(explicitFolder);
  const discovery = readLiveDiscovery(folder);
  if (discovery === null) return null;
  const token = readTokenFile(folder);
  if (token === null) throw new AppError("auth.missing", `There is no access token in ${folder}.`);
  const client = createRestClient(discovery.url, token);
  return { client, info: await client.call(contract.system.info, undefined, signal) };
}

/** As {@link findProgram}, for commands that make no sense without one. @throws AppError service.unreachable */
export async function requireProgram(explicitFolder: string | undefined, signal: AbortSignal): Promise<RunningProgram> {
  const found = await findProgram(explicitFolder, signal);
  if (found !== null) return found;
  const folder = dataFolder(explicitFolder);
  const stale = readDiscovery(folder);
  const why = stale === null ? "" : ` (service.json there was left behind by process ${stale.pid}, which ended)`;
  throw new AppError("service.unreachable", `No program is running on the data folder ${folder}${why}.`);
}
