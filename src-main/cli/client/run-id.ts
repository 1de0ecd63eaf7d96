/** Shortened run ids. */
import { contract } from "../../../src-core/contract/contract.ts";
import { AppError } from "../../../src-core/model/error.ts";
import type { RestClient } from "./rest-client.ts";

/** Digits of a full id: those are taken as they are. */
const FULL_LENGTH = 20;
/** Among how many of the newest runs a shortened id is looked up. */
const LOOK_BACK = 500;

/** The one run whose id begins with `text`. @throws AppError request.not-found, usage.invalid when several do */
export async function runIdOf(client: RestClient, text: string, signal: AbortSignal): Promise<string> {
  if (text.length >= FULL_LENGTH) return text;
  // An empty variable of a script would mean whatever run there happens to be.
  if (text === "") throw new AppError("usage.invalid", "The run's id is empty.");
  const { items } = await client.call(contract.runs.list, { limit: LOOK_BACK }, signal);
  const found = items.filter(({ id }) => id.startsWith(text));
  const [first, second] = found;
  if (first === undefined) throw new AppError("request.not-found", `There is no run ${text}.`);
  if (second === undefined) return first.id;
  throw new AppError("usage.invalid", `${found.length} runs begin with ${text}.`, { hint: "Give more of the id." });
}
