/**
 * Whether the link to the Internet costs by the byte, as the system sees it: on Linux NetworkManager (NMMetered in its D-Bus
 * reference), on Windows the connection's cost (NetworkCostType). macOS tells programs of Apple's frameworks only.
 */
import { execFile } from "node:child_process";

interface Question {
  readonly program: string;
  readonly args: readonly string[];
  /** Null: the answer says that nobody knows. */
  readonly read: (answer: string) => boolean | null;
}

const NETWORK_MANAGER: Question = {
  program: "dbus-send",
  args: [
    "--system",
    "--print-reply=literal",
    "--dest=org.freedesktop.NetworkManager",
    "/org/freedesktop/NetworkManager",
    "org.freedesktop.DBus.Properties.Get",
    "string:org.freedesktop.NetworkManager",
    "string:Metered",
  ],
  read(answer) {
    // 0 unknown, 1 yes, 2 no, 3 and 4 the same as guessed.
    const state = /uint32 ([0-4])\s*$/.exec(answer)?.[1];
    return state === undefined || state === "0" ? null : state === "1" || state === "3";
  },
};

const NETWORK_INFORMATION = "Windows.Networking.Connectivity.NetworkInformation";
const WINDOWS: Question = {
  program: "powershell.exe",
  args: [
    "-NoProfile",
    "-NonInteractive",
    "-Command",
    `[void][${NETWORK_INFORMATION}, Windows, ContentType=WindowsRuntime]; ` +
      `$link = [${NETWORK_INFORMATION}]::GetInternetConnectionProfile(); ` +
      "if ($link) { [string]$link.GetConnectionCost().NetworkCostType }",
  ],
  read(answer) {
    const cost = answer.trim();
    return cost === "Unrestricted" ? false : cost === "Fixed" || cost === "Variable" ? true : null;
  },
};

const QUESTIONS: Partial<Record<NodeJS.Platform, Question>> = { linux: NETWORK_MANAGER, win32: WINDOWS };
const PATIENCE_MS = 5000;

/** @returns null where the system does not tell; throws nothing */
export function isLinkMetered(platform: NodeJS.Platform = process.platform): Promise<boolean | null> {
  const question = QUESTIONS[platform];
  if (question === undefined) return Promise.resolve(null);
  return new Promise((resolve) => {
    const options = { timeout: PATIENCE_MS, windowsHide: true };
    execFile(question.program, question.args, options, (error, answer) => {
      resolve(error === null ? question.read(answer) : null);
    });
  });
}
