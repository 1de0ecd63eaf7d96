/** What becomes of work when its window ends: said beforehand from how long it took, and done when the time has come. */
import type { ScheduleFact } from "../model/schedule-fact.ts";
import type { OnClose } from "../model/window.ts";
import { toIso } from "./instant.ts";
import type { Permissions } from "./windows.ts";

/** How long a run of this work is said to take. */
export interface Predicted {
  readonly lowMs: number;
  readonly highMs: number;
}

export interface WindowEnd {
  /** `pause`: at the next durable block; `stop`: at once; `finish`: nothing is done. */
  readonly action: OnClose;
  /** When paused work goes on; null for the others, and when no window follows. */
  readonly resumesAt: number | null;
  readonly fact: ScheduleFact;
}

/** @returns null while it is open. A task that cannot be paused at a block is let finish: half of it would be worth nothing. */
export function windowEnd(
  permissions: Permissions,
  onClose: OnClose,
  work: { readonly canPause: boolean },
  now: number,
): WindowEnd | null {
  const permission = permissions.at(now);
  if (permission.open) return null;
  const action = onClose === "pause" && !work.canPause ? "finish" : onClose;
  const resumesAt = action === "pause" ? permission.opensAt : null;
  const window = permission.because.name;
  return {
    action,
    resumesAt,
    fact: { kind: "window-closed", window, action, resumesAt: resumesAt === null ? null : toIso(resumesAt) },
  };
}

/** Told before a run starts at `at`: that it will not, or may not, be ready when its window ends. Null: it fits, or nobody knows. */
export function fitFact(permissions: Permissions, predicted: Predicted | null, at: number): ScheduleFact | null {
  const permission = permissions.at(at);
  if (predicted === null || !permission.open || permission.closesAt === null) return null;
  const leftMs = permission.closesAt - at;
  if (predicted.lowMs > leftMs) return { kind: "does-not-fit", needsMs: predicted.lowMs, leftMs };
  return predicted.highMs > leftMs ? { kind: "may-not-fit", needsMs: predicted.highMs, leftMs } : null;
}
