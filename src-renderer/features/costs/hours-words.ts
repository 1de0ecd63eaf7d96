/** How long a restore takes: waiting, then the transfer. */
import { exact, shown } from "../../../src-core/cost/decimal.ts";
import type { RestoreCost } from "../../../src-core/model/cost.ts";

export function hoursWords({ waitHours, transferHours }: Pick<RestoreCost, "waitHours" | "transferHours">): string {
  const wait =
    waitHours === null ? "a wait that is not known" : exact(waitHours.to).isZero() ? null : waitWords(waitHours);
  const transfer = transferHours === null ? null : `${durationWords(transferHours)} of transfer`;
  const parts = [wait, transfer].filter((part) => part !== null);
  return parts.length === 0 ? "at once" : parts.join(", then ");
}

function waitWords({ from, to }: { from: string; to: string }): string {
  if (exact(to).lt(1)) return `up to ${Math.ceil(Number(to) * 60)} min of waiting`;
  return from === to ? `${to} h of waiting` : `${from} to ${to} h of waiting`;
}

function durationWords(hours: string): string {
  const value = exact(hours);
  if (value.lt("0.0167")) return "under a minute";
  if (value.lt(1)) return `${shown(value.times(60), 0)} min`;
  return value.lt(48) ? `${shown(value, 1)} h` : `${shown(value.div(24), 1)} days`;
}
