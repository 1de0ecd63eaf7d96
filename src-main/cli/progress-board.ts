/**
 * The progress of work with parts, or of several works at once, on a terminal: a bar for each work and, below it, one for each of its
 * parts. What is drawn is the newest of each, a few times a second; rows that do not fit on the terminal are counted instead.
 */
import { clearScreenDown, moveCursor } from "node:readline";
import { addPoint, EMPTY_METER, type Meter, readMeter } from "../../src-core/job/estimate.ts";
import { limitText, type ProgressView, type Step } from "./progress-view.ts";
import { durationText, percentText, rateText, sizeText } from "./text/size.ts";
import { plainText } from "./text/table.ts";

type Part = NonNullable<Step["detail"]>["parts"][number];
type BoardStream = NodeJS.WritableStream & { readonly columns?: number; readonly rows?: number };

interface Row {
  readonly label: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** What stands behind the amounts. */
  readonly facts: readonly (string | null)[];
}

const DRAW_EVERY_MS = 125;
const BAR_CELLS = 20;
const LABEL_CELLS = 28;

export function createProgressBoard(stream: BoardStream, now: () => number): ProgressView {
  const works = new Map<string, { step: Step; meter: Meter }>();
  let drawn = 0;
  let timer: NodeJS.Timeout | undefined;

  const erase = () => {
    if (drawn > 0) moveCursor(stream, 0, -drawn);
    clearScreenDown(stream);
    drawn = 0;
  };
  const draw = () => {
    timer = undefined;
    erase();
    const all = [...works.values()].flatMap(({ step, meter }) => rowsOf(step, meter, now()));
    const lines = fitted(all.map(line), stream.rows ?? 24).map((text) => text.slice(0, (stream.columns ?? 100) - 1));
    stream.write(lines.map((text) => `${text}\n`).join(""));
    drawn = lines.length;
  };
  return {
    update(step) {
      const key = step.subject ?? "";
      const before = works.get(key);
      const meter = before?.step.phase === step.phase ? before.meter : EMPTY_METER;
      works.set(key, { step, meter: addPoint(meter, now(), step.doneBytes) });
      timer ??= setTimeout(draw, DRAW_EVERY_MS).unref();
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
      if (drawn > 0) erase();
      works.clear();
    },
  };
}

function rowsOf(step: Step, meter: Meter, nowMs: number): Row[] {
  const { subject, phase, doneBytes, totalBytes, detail } = step;
  const { rateBytesPerSecond, eta } = readMeter(meter, totalBytes - doneBytes, nowMs);
  const label = subject === undefined ? phase : `${subject}: ${phase}`;
  const facts = [rateBytesPerSecond > 0 ? rateText(rateBytesPerSecond) : null, leftText(eta), limitText(detail)];
  // Of one disk the whole says it all.
  const parts = detail === undefined || detail.parts.length < 2 ? [] : detail.parts;
  return [{ label, doneBytes, totalBytes, facts }, ...parts.map(partRow)];
}

function partRow({ label, doneBytes, totalBytes, rateBytesPerSecond, eta, state, transport }: Part): Row {
  const moves = state === "copying" || state === "hashing";
  const facts = moves
    ? [rateBytesPerSecond > 0 ? rateText(rateBytesPerSecond) : null, leftText(eta), transport]
    : [state === "done" ? "done" : "waits"];
  return { label: `  ${label}`, doneBytes, totalBytes, facts };
}

function leftText(eta: Part["eta"]): string | null {
  return eta === null ? null : `${durationText(eta.lowMs)} to ${durationText(eta.highMs)} left`;
}

function line({ label, doneBytes, totalBytes, facts }: Row): string {
  const share = totalBytes <= 0 ? 1 : Math.min(1, doneBytes / totalBytes);
  const bar = "=".repeat(Math.floor(share * BAR_CELLS)).padEnd(BAR_CELLS, "-");
  const amount = `${sizeText(doneBytes)} of ${sizeText(totalBytes)}`;
  const plain = plainText(label);
  const name = plain.length > LABEL_CELLS ? `${plain.slice(0, LABEL_CELLS - 1)}…` : plain.padEnd(LABEL_CELLS);
  const told = [amount, ...facts].filter((fact) => fact !== null).map(plainText);
  return `${name} [${bar}] ${percentText(doneBytes, totalBytes).padStart(5)}  ${told.join("  ")}`;
}

function fitted(lines: readonly string[], rows: number): readonly string[] {
  const room = Math.max(1, rows - 2);
  return lines.length <= room ? lines : [...lines.slice(0, room - 1), `… and ${lines.length - room + 1} more`];
}
