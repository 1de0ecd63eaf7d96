/** Sees when the machine slept or somebody set its clock: wall clock and monotonic clock then no longer go the same way. */

export interface Clocks {
  /** Milliseconds since 1970; may be set. */
  wall(): number;
  /** Milliseconds since whenever; only goes on. Whether it does so in sleep, systems see differently. */
  monotonic(): number;
}

/** Clocks are adjusted by less all the time. */
const DRIFT_MS = 2_000;
/** A timer that is this late was not held up by work: nothing ran. */
const LATE_MS = 15_000;

export interface ClockWatch {
  /**
   * To be asked at every step. @param dueIn what the step waited for, in milliseconds, where it waited
   * @returns what happened since the last time, in words; null: nothing
   */
  look(dueIn?: number): string | null;
}

export function createClockWatch(clocks: Clocks): ClockWatch {
  let wall = clocks.wall();
  let monotonic = clocks.monotonic();
  return {
    look(dueIn) {
      const wentOn = clocks.wall() - wall;
      const passed = clocks.monotonic() - monotonic;
      wall += wentOn;
      monotonic += passed;
      const drift = wentOn - passed;
      const seconds = Math.round(Math.abs(drift) / 1_000);
      if (drift < -DRIFT_MS) return `the clock was set back by ${seconds} s`;
      if (drift > DRIFT_MS) return `the machine slept, or its clock was set on, for ${seconds} s`;
      const late = dueIn === undefined ? 0 : passed - dueIn;
      return late > LATE_MS ? `nothing ran for ${Math.round(late / 1_000)} s` : null;
    },
  };
}
