/**
 * How a command answers, for people or for programs. With --json stdout holds JSON lines only: any number of `progress`,
 * `warning`, `problem` and other lines, then exactly one `result` or `error`. For people the answer goes to stdout, everything else to stderr.
 */
import type { AppErrorData } from "../../src-core/model/error.ts";
import { createProgressBar } from "./progress-bar.ts";
import { createProgressBoard } from "./progress-board.ts";
import { createProgressLines } from "./progress-lines.ts";
import type { ProgressView, Step } from "./progress-view.ts";
import type { Terminal } from "./terminal.ts";
import { errorText, problemText } from "./text/error-text.ts";
import { plainText } from "./text/table.ts";

export interface Report {
  progress(step: Step): void;
  warning(message: string): void;
  /** One of several things that are wrong, and what it is wrong with; null: all. */
  problem(about: string | null, severity: "error" | "warning", error: AppErrorData): void;
  /** What stands above the rows, for people only. */
  heading(text: string): void;
  /** One of the many things that make up a long answer. */
  row(type: string, data: Record<string, unknown>, text: string): void;
  /** Something on the way, for people only. */
  remark(text: string): void;
  /** The answer: `data` for programs, `lines` for people. Called at most once. */
  result(data: Record<string, unknown>, lines: readonly string[]): void;
  error(error: AppErrorData): void;
  /** Takes a progress bar off the terminal. */
  close(): void;
}

export function createReport(terminal: Terminal, json: boolean, now: () => number): Report {
  return json ? jsonReport(terminal) : humanReport(terminal, now);
}

function jsonReport(terminal: Terminal): Report {
  const line = (type: string, data: Record<string, unknown>) => terminal.out(JSON.stringify({ type, ...data }));
  return {
    progress: ({ phase, doneBytes, totalBytes, detail, subject }) =>
      line("progress", { subject, phase, doneBytes, totalBytes, detail }),
    warning: (message) => line("warning", { message }),
    problem: (about, severity, error) => line("problem", { about, severity, error }),
    heading: () => {},
    row: (type, data) => line(type, data),
    remark: () => {},
    result: (data) => line("result", data),
    error(error) {
      line("error", { error });
      for (const text of errorText(error)) terminal.err(text);
    },
    close: () => {},
  };
}

function humanReport(terminal: Terminal, now: () => number): Report {
  const view = viewOf(terminal, now);
  const say = (lines: readonly string[]) => {
    view.stop();
    for (const line of lines) terminal.err(line);
  };
  return {
    progress: (step) => view.update(step),
    warning: (message) => say([`warning: ${plainText(message)}`]),
    problem: (about, severity, error) => say(problemText(about, severity, error)),
    heading: terminal.out,
    row: (_type, _data, text) => terminal.out(text),
    remark: (text) => say([text]),
    result(_data, lines) {
      view.stop();
      for (const line of lines) terminal.out(line);
    },
    error: (error) => say(errorText(error)),
    close: () => view.stop(),
  };
}

/** What fits the terminal, and the work once its first step is seen. */
function viewOf({ errStream, err }: Terminal, now: () => number): ProgressView {
  if (errStream.isTTY !== true) return createProgressLines(err, now);
  let chosen: ProgressView | null = null;
  return {
    update(step) {
      const several = step.subject !== undefined || step.detail !== undefined;
      chosen ??= several ? createProgressBoard(errStream, now) : createProgressBar(errStream, now);
      chosen.update(step);
    },
    stop: () => chosen?.stop(),
  };
}
