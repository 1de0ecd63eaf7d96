/** From what a person calls a source or a machine to the one that is meant. */
import { contract } from "../../../src-core/contract/contract.ts";
import { AppError } from "../../../src-core/model/error.ts";
import type { MachineRow } from "../../../src-core/model/machine-view.ts";
import type { Source } from "../../../src-core/model/source.ts";
import type { RestClient } from "./rest-client.ts";

/** @throws AppError request.not-found */
export async function findSource(client: RestClient, which: string, signal: AbortSignal): Promise<Source> {
  const all = await client.call(contract.sources.list, undefined, signal);
  const found = all.find(({ id, name }) => id === which || name.toLowerCase() === which.toLowerCase());
  if (found === undefined) throw new AppError("request.not-found", `There is no source ${which}.`);
  return found;
}

/** Several machines of one name that are shown. */
const SHOWN = 5;

/**
 * The machine of this name, id or path.
 * @param sourceId only there; left out: in all sources
 * @throws AppError request.not-found, usage.invalid where several are called so
 */
export async function findMachine(
  client: RestClient,
  which: string,
  sourceId: string | undefined,
  signal: AbortSignal,
): Promise<MachineRow> {
  const [found] = await findMachines(client, [which], sourceId, signal);
  if (found === undefined) throw new AppError("internal.bug", "A machine was asked for and none was answered.");
  return found;
}

/** The machines of these names, ids or paths, in their order, each once. One pass through what is known. @throws AppError as {@link findMachine} */
export async function findMachines(
  client: RestClient,
  names: readonly string[],
  sourceId: string | undefined,
  signal: AbortSignal,
): Promise<MachineRow[]> {
  const where = sourceId === undefined ? {} : { sourceId };
  const fitting = new Map(names.map((name) => [name, [] as MachineRow[]]));
  for (let cursor: string | undefined; ; ) {
    const more = cursor === undefined ? {} : { cursor };
    const page = await client.call(contract.inventory.machines, { ...where, ...more, limit: 1000 }, signal);
    for (const machine of page.items) {
      for (const word of new Set([machine.id, machine.path, machine.name])) fitting.get(word)?.push(machine);
    }
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  const meant = new Map<string, MachineRow>();
  for (const [name, found] of fitting) {
    const exact = found.filter(({ id }) => id === name);
    const [only, ...others] = exact.length === 1 ? exact : found;
    if (only === undefined) throw new AppError("request.not-found", `There is no machine ${name}.`);
    if (others.length > 0) throw await ambiguous(client, name, found, signal);
    meant.set(JSON.stringify([only.sourceId, only.id]), only);
  }
  return [...meant.values()];
}

async function ambiguous(
  client: RestClient,
  name: string,
  found: readonly MachineRow[],
  signal: AbortSignal,
): Promise<AppError> {
  const sources = await client.call(contract.sources.list, undefined, signal);
  const nameOf = (id: string) => sources.find((source) => source.id === id)?.name ?? id;
  const shown = found.slice(0, SHOWN).map(({ id, sourceId }) => `${id} of ${nameOf(sourceId)}`);
  const more = found.length > SHOWN ? ", …" : "";
  return new AppError("usage.invalid", `${found.length} machines are called ${name}.`, {
    hint: `Name one by its id (${shown.join(", ")}${more}), or say --source.`,
  });
}
