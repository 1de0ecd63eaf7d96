/** A failure as the command line tells it: what happened, its code, what to do next. */
import type { AppErrorData } from "../../../src-core/model/error.ts";
import { plainText } from "./table.ts";

export function errorText(error: AppErrorData): string[] {
  const lines = [`error: ${plainText(error.message)} (${error.code})`];
  if (error.hint !== undefined) lines.push(`hint: ${plainText(error.hint)}`);
  return lines;
}

/** One of several problems: what with (null: all), where the message does not say it itself, what, and what to do. */
export function problemText(about: string | null, severity: "error" | "warning", error: AppErrorData): string[] {
  const { message, code, hint } = error;
  const prefix = about === null || message.startsWith(about) ? "" : `${about}: `;
  const lines = [`${severity}: ${plainText(`${prefix}${message}`)} (${code})`];
  return hint === undefined ? lines : [...lines, `  hint: ${plainText(hint)}`];
}
