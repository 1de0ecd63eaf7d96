/** What the App asks of the program around it. Two of them exist: the Electron window (shell/electron) and the service. */

import type { SystemInfo } from "../../src-core/contract/system.ts";
import type { Power } from "../files/power-supply.ts";

/** A desktop notification. Clicking it opens the window on `path` (a page route such as "/jobs/ID"). */
export interface Notice {
  readonly title: string;
  readonly body: string;
  readonly path: string;
}

/** The system's keyring, as far as a shell can reach it. What it sealed can be opened by the same account on the same computer. */
export interface SystemVault {
  /** @throws Error when the keyring is locked */
  seal(text: string): string;
  /** @throws Error when it cannot be opened here */
  open(sealed: string): string;
}

export interface Shell {
  readonly kind: SystemInfo["shell"];
  readonly can: SystemInfo["can"];
  /** Null where there is no keyring worth the name: secrets are then sealed with a key file (sources/vault.ts). Asked once the App starts. */
  readonly vault: SystemVault | null;
  /** Shows a notification where the shell can; the service logs it. */
  notify(notice: Notice): void;
  /** Shows the file in the system's file manager. @throws AppError shell.unavailable */
  reveal(path: string): Promise<void>;
  /** Asks the user for a folder; null when they cancel. @throws AppError shell.unavailable */
  pickFolder(): Promise<string | null>;
  /** What powers the computer, where the shell knows better than its files. */
  readPower?(): Promise<Power>;
  /** Applied at start and whenever the setting changes; no effect where `can.startAtLogin` is false. */
  setStartAtLogin(on: boolean): void;
}
