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
  const where = sourceId === undefined ? {} : { sourceId };
  const found: MachineRow[] = [];
  for (let cursor: string | undefined; ; ) {
    const more = cursor === undefined ? {} : { cursor };
    const page = await client.call(contract.inventory.machines, { ...where, ...more, limit: 1000 }, signal);
    for (const machine of page.items) {
      if (machine.id === which || machine.path === which || machine.name === which) found.push(machine);
    }
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  const [only, ...others] = found;
  if (only === undefined) throw new AppError("request.not-found", `There is no machine ${which}.`);
  const exact = found.filter(({ id }) => id === which);
  if (exact.length === 1 && exact[0] !== undefined) return exact[0];
  if (others.length === 0) return only;
  const ids = found.slice(0, SHOWN).map(({ id }) => id);
  throw new AppError("usage.invalid", `${found.length} machines are called ${which}.`, {
    hint: `Name one by its id (${ids.join(", ")}), or say --source.`,
  });
}
