/** What commands about schedules read: files of people, times and durations. */
import { InvalidArgumentError } from "commander";
import { AppError } from "../../src-core/model/error.ts";
import { readDataText } from "../../src-core/schedule/data-text.ts";
import { readSmallText } from "../files/small-text-file.ts";

/** Larger than any one schedule with two thousand blackouts. */
const MAX_DEFINITION_BYTES = 1024 * 1024;
/** As the program takes. */
export const MAX_SCHEDULE_FILE_BYTES = 32 * 1024 * 1024;

/** One schedule from a file of YAML or JSON, unchecked. @throws AppError path.*, usage.invalid */
export function readDefinition(path: string): unknown {
  const read = readDataText(readSmallText(path, MAX_DEFINITION_BYTES));
  if ("data" in read) return read.data;
  throw new AppError("usage.invalid", `${path}: ${read.problems[0] ?? "it cannot be read."}`);
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const LONGEST_MS = 3_660 * 86_400_000;

/** "90m", "2h", "1d", "1h30m". @throws InvalidArgumentError, so a usage error */
export function parseDuration(text: string): number {
  const parts = /^(\d+[smhdw])+$/.test(text) ? [...text.matchAll(/(\d+)([smhdw])/g)] : [];
  const ms = parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (UNIT_MS[unit] ?? 0), 0);
  if (ms > 0 && ms <= LONGEST_MS) return ms;
  throw new InvalidArgumentError("Give a time such as 90m, 2h, 1d or 1h30m, of at most ten years.");
}

/** "2026-12-24T08:00" on this computer's clock, or with a zone at its end. @returns ISO 8601. @throws InvalidArgumentError */
export function parseMoment(text: string): string {
  const at = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?$/.test(text)
    ? new Date(text.length === 10 ? `${text}T00:00` : text)
    : null;
  if (at !== null && !Number.isNaN(at.getTime())) return at.toISOString();
  throw new InvalidArgumentError("Give a moment such as 2026-12-24T08:00 or 2026-12-24T08:00Z.");
}
