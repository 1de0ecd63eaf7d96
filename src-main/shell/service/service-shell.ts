/** The shell of a program without a window: notifications go to the log, everything that needs a desktop is refused. */
import { AppError } from "../../../src-core/model/error.ts";
import type { Notice, Shell } from "../shell.ts";

/** `tell` gets each notification as one line of text. */
export function serviceShell(tell: (line: string) => void): Shell {
  return {
    kind: "service",
    can: { pickFolder: false, revealFile: false, startAtLogin: false, tray: false },
    vault: null,
    notify: (notice: Notice) => tell(`${notice.title}: ${notice.body}`),
    reveal: async () => {
      throw new AppError("shell.unavailable", "Showing a folder in the file manager needs the desktop window.");
    },
    pickFolder: async () => {
      throw new AppError("shell.unavailable", "A folder dialog needs the desktop window.");
    },
    setStartAtLogin: () => {},
  };
}
