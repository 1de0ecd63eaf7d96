/** Progress where nothing can be drawn (a log, a pipe): a line at the start and end of a phase and every ten percent between. */
import { countsBytes, type ProgressView } from "./progress-view.ts";
import { percentText, rateText, sizeText } from "./text/size.ts";

const STEP_PERCENT = 10;

export function createProgressLines(write: (line: string) => void, now: () => number): ProgressView {
  let phase: string | null = null;
  let startedAtMs = 0;
  let firstBytes = 0;
  let nextPercent = 0;
  return {
    update({ phase: current, doneBytes, totalBytes }) {
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
      write(`${current.padEnd(9)} ${share}${amount}`);
    },
    stop: () => {},
  };
}
