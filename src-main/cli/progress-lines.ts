/**
 * Progress where nothing can be drawn (a log, a pipe): a line at the start and end of a phase and every ten percent between; of work
 * with several parts also a line when one of them begins and when it is done.
 */
import { countsBytes, limitText, type ProgressView, type Step } from "./progress-view.ts";
import { percentText, rateText, sizeText } from "./text/size.ts";
import { plainText } from "./text/table.ts";

const STEP_PERCENT = 10;

export function createProgressLines(write: (line: string) => void, now: () => number): ProgressView {
  const views = new Map<string, (step: Step) => void>();
  return {
    update(step) {
      const { subject = "" } = step;
      const about = subject === "" ? "" : `${plainText(subject)}: `;
      const view = views.get(subject) ?? workLines((line) => write(`${about}${line}`), now);
      views.set(subject, view);
      view(step);
    },
    stop: () => {},
  };
}

/** The lines of one work. */
function workLines(write: (line: string) => void, now: () => number): (step: Step) => void {
  let phase: string | null = null;
  let startedAtMs = 0;
  let firstBytes = 0;
  let nextPercent = 0;
  const states = new Map<number, string>();

  const tellParts = ({ detail }: Step) => {
    if (detail === undefined || detail.parts.length < 2) return;
    for (const [index, { label, state, totalBytes, transport }] of detail.parts.entries()) {
      if (states.get(index) === state) continue;
      states.set(index, state);
      if (state === "copying" && transport !== null) {
        write(`${plainText(label)}: ${sizeText(totalBytes)}, ${plainText(transport)}`);
      }
      if (state === "done") write(`${plainText(label)}: done`);
    }
  };
  return (step) => {
    const { phase: current, doneBytes, totalBytes } = step;
    tellParts(step);
    if (current !== phase) {
      phase = current;
      startedAtMs = now();
      firstBytes = doneBytes;
      nextPercent = 0;
    }
    const percent = totalBytes <= 0 ? 100 : (doneBytes / totalBytes) * 100;
    if (percent < nextPercent) return;
    nextPercent = percent >= 100 ? Number.POSITIVE_INFINITY : (Math.floor(percent / STEP_PERCENT) + 1) * STEP_PERCENT;
    const elapsedMs = now() - startedAtMs;
    const rate = elapsedMs > 0 ? `  ${rateText(((doneBytes - firstBytes) / elapsedMs) * 1000)}` : "";
    const share = percentText(doneBytes, totalBytes).padStart(5);
    const amount = countsBytes({ phase }) ? `  ${sizeText(doneBytes)} of ${sizeText(totalBytes)}${rate}` : "";
    const held = limitText(step.detail);
    write(`${current.padEnd(9)} ${share}${amount}${held === null ? "" : `  ${held}`}`);
  };
}
