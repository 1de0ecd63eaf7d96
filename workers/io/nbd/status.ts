/** Walks the block status of an export: asks again where the last answer ended. */
import { AppError } from "../../../src-core/model/error.ts";
import type { NbdConnection } from "./connection.ts";

/** A range of one status (flags of its context; protocol.ts). */
export interface StatusRange {
  readonly start: number;
  readonly length: number;
  readonly flags: number;
}

/**
 * One answer's worth from `start` on, cut to [start, end), neighbours of one status merged. Never empty.
 * @throws AppError source.unsupported when the server did not grant `context`; as NbdConnection.blockStatus
 */
export async function statusFrom(
  connection: NbdConnection,
  context: string,
  start: number,
  end: number,
): Promise<StatusRange[]> {
  if (!connection.contexts.has(context)) {
    throw new AppError("source.unsupported", `NBD server ${connection.name} does not tell ${context}`);
  }
  const runs = (await connection.blockStatus(start, end - start)).get(context) ?? [];
  const ranges: StatusRange[] = [];
  let at = start;
  for (const { length, flags } of runs) {
    if (at >= end) break;
    const cut = Math.min(length, end - at);
    const last = ranges.at(-1);
    if (last?.flags === flags) ranges[ranges.length - 1] = { ...last, length: last.length + cut };
    else ranges.push({ start: at, length: cut, flags });
    at += cut;
  }
  if (ranges.length === 0) {
    throw new AppError("source.protocol", `NBD server ${connection.name} tells nothing of ${context} at ${start}`);
  }
  return ranges;
}
