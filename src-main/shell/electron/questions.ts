/** The dialogs of the shell, in one voice. */
import { app, type BrowserWindow, dialog, type MessageBoxOptions } from "electron";
import { AppError } from "../../../src-core/model/error.ts";
import type { QuitAnswer } from "./quit-flow.ts";

function ask(parent: BrowserWindow | null, question: MessageBoxOptions): Promise<{ response: number }> {
  return parent ? dialog.showMessageBox(parent, question) : dialog.showMessageBox(question);
}

/** What to do about running work when the program is to quit. Without a tray, working on there is no choice. */
export async function askToQuit(
  parent: BrowserWindow | null,
  activeRuns: number,
  hasTray: boolean,
): Promise<QuitAnswer> {
  const answers: readonly { label: string; answer: QuitAnswer }[] = [
    ...(hasTray ? [{ label: "Keep working in the tray", answer: "tray" } as const] : []),
    { label: "Stop and quit", answer: "quit" },
    { label: "Cancel", answer: "cancel" },
  ];
  const { response } = await ask(parent, {
    type: "question",
    title: app.getName(),
    message: activeRuns === 1 ? "One run has not ended." : `${activeRuns} runs have not ended.`,
    detail: "If you quit now, the work stops cleanly and goes on the next time the program starts.",
    buttons: answers.map(({ label }) => label),
    defaultId: 0,
    cancelId: answers.length - 1,
    noLink: true,
  });
  return answers[response]?.answer ?? "cancel";
}

/** Says why the program cannot start or go on. */
export function tellFatal(title: string, thrown: unknown): void {
  const error = AppError.from(thrown);
  dialog.showErrorBox(title, [error.message, error.hint].filter(Boolean).join("\n\n"));
}

export async function tellAbout(parent: BrowserWindow | null, version: string, url: string): Promise<void> {
  const { electron = "", chrome = "", node = "" } = process.versions;
  await ask(parent, {
    type: "info",
    title: `About ${app.getName()}`,
    message: `${app.getName()} ${version}`,
    detail: [`Local port: ${url}`, `Electron ${electron}`, chrome && `Chromium ${chrome}`, `Node ${node}`]
      .filter(Boolean)
      .join("\n"),
    buttons: ["OK"],
  });
}
