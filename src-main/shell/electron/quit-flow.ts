/**
 * Leaving the program: asks where work is running, stops it cleanly, then goes. Everything that may end the program comes
 * through here once: the tray, the menu, the closed window, the system.
 */

/** What the user answered: keep working in the tray, stop the work and quit, or neither. */
export type QuitAnswer = "tray" | "quit" | "cancel";

export interface QuitFlow {
  /** True once the program is on its way out: windows may close. */
  readonly agreed: boolean;
  /** Quits, asking first while work is running. Asked again while the question is open, it does nothing. */
  request(): Promise<void>;
  /** Quits without asking: the system is going down. */
  now(): Promise<void>;
}

export function createQuitFlow(deps: {
  /** Number of runs that have not ended. */
  activeRuns(): number;
  ask(activeRuns: number): Promise<QuitAnswer>;
  hideWindow(): void;
  /** Ends the App; running attempts stop at a checkpoint and go on at the next start. */
  stop(): Promise<void>;
  /** Ends the process. */
  exit(): void;
  failed(error: unknown): void;
}): QuitFlow {
  let agreed = false;
  let asking = false;

  async function now(): Promise<void> {
    if (agreed) return;
    agreed = true;
    try {
      await deps.stop();
    } catch (error) {
      deps.failed(error); // what was not stopped cleanly is found and resumed at the next start
    }
    deps.exit();
  }
  async function request(): Promise<void> {
    if (agreed || asking) return;
    asking = true;
    try {
      const answer = await question();
      if (answer === "quit") await now();
      else if (answer === "tray") deps.hideWindow();
    } finally {
      asking = false;
    }
  }
  /** What to do. Where nobody can say what runs (the database's disk is gone), leaving must be possible all the same. */
  async function question(): Promise<QuitAnswer> {
    let activeRuns = 0;
    try {
      activeRuns = deps.activeRuns();
    } catch (error) {
      deps.failed(error);
    }
    return activeRuns === 0 ? "quit" : deps.ask(activeRuns);
  }
  return {
    get agreed() {
      return agreed;
    },
    request,
    now,
  };
}
