/** JSON that somebody hands in: what is wrong with it is told at its line or field. */
import type { z } from "zod";
import { AppError, type ErrorCode } from "../model/error.ts";

/** Faults that are named; more help nobody. */
const NAMED = 8;

/** `name` says in errors what it is: a path, "the answer of HOST". @throws AppError `code` */
export function parseDocument<T>(schema: z.ZodType<T>, text: string, name: string, code: ErrorCode): T {
  return parseValue(schema, jsonOf(text, name, code), name, code);
}

/** As {@link parseDocument}, for what is JSON already. */
export function parseValue<T>(schema: z.ZodType<T>, value: unknown, name: string, code: ErrorCode): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${fieldOf(path)}: ${message}`);
  const more = faults.length > NAMED ? ` And ${faults.length - NAMED} more.` : "";
  throw new AppError(code, `${name} is not right. ${faults.slice(0, NAMED).join("; ")}.${more}`, {
    details: { field: fieldOf(parsed.error.issues[0]?.path ?? []) },
  });
}

function jsonOf(text: string, name: string, code: ErrorCode): unknown {
  const start = text.slice(0, 1000).trimStart();
  if (start === "") throw new AppError(code, `${name} is empty.`);
  if (start.startsWith("<")) {
    throw new AppError(code, `${name} is a web page, not JSON (line 1): ${titleOf(text)}.`, {
      hint: "A proxy or a sign-in page may have answered in its place.",
    });
  }
  try {
    return JSON.parse(text.startsWith("\uFEFF") ? text.slice(1) : text);
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : "";
    const position = /position (\d+)/.exec(said)?.[1];
    // V8 names no position where the text just ends.
    const before = text.slice(0, position === undefined ? text.length : Number(position));
    const line = before.split("\n").length;
    const column = before.length - before.lastIndexOf("\n");
    const what = said.replace(/,? ?"[\s\S]*$/, "").replace(/ in JSON at position[\s\S]*$/, "");
    throw new AppError(code, `${name} is not JSON: line ${line}, column ${column}: ${what}.`, {
      cause,
      details: { line, column },
    });
  }
}

function titleOf(text: string): string {
  const title = /<title[^>]*>([^<]{1,200})/i.exec(text.slice(0, 10_000))?.[1]?.trim();
  return title ? `its title is "${title}"` : `it begins with "${text.trimStart().slice(0, 40).replace(/\s+/g, " ")}"`;
}

/** providers[0].regions[3].prices["standard-storage"].bands[0].price */
function fieldOf(path: readonly PropertyKey[]): string {
  const field = path
    .map((part) => {
      if (typeof part === "number") return `[${part}]`;
      const text = String(part);
      return /^[A-Za-z_$][\w$]*$/.test(text) ? `.${text}` : `["${text}"]`;
    })
    .join("");
  return field === "" ? "the document" : field.replace(/^\./, "");
}
