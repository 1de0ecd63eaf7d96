/**
 * A progress bar on a terminal: phase, bar, share, rate and time left as a range. One bar a phase. What draws it is read once there
 * is something to draw; what came before that is not shown.
 */
import type { SingleBar } from "cli-progress";
import { addPoint, EMPTY_METER, readMeter } from "../../src-core/job/estimate.ts";
import { countsBytes, type ProgressView, type Step } from "./progress-view.ts";
import { durationText, percentText, rateText, sizeText } from "./text/size.ts";

export function createProgressBar(stream: NodeJS.WritableStream, now: () => number): ProgressView {
  let Bar: typeof SingleBar | null = null;
  let isLoading = false;
  let bar: SingleBar | null = null;
  let latest: Step | null = null;
  let phase = "";
  let meter = EMPTY_METER;

  async function load(): Promise<void> {
    isLoading = true;
    Bar = (await import("cli-progress")).SingleBar;
    if (latest !== null) draw(Bar, latest);
  }
  function stop(): void {
    latest = null;
    bar?.stop();
    bar = null;
  }
  function draw(Kind: typeof SingleBar, step: Step): void {
    if (bar === null || step.phase !== phase) {
      bar?.stop();
      phase = step.phase;
      meter = EMPTY_METER;
      // gracefulExit would install signal handlers of its own; ending is this program's business.
      bar = new Kind({
        stream,
        format: "{phase} [{bar}] {share}{amount}{speed}{left}",
        barsize: 28,
        fps: 8,
        hideCursor: true,
        gracefulExit: false,
        emptyOnZero: true,
      });
      bar.start(step.totalBytes, step.doneBytes, fields(step.doneBytes, step.totalBytes, 0, ""));
    }
    meter = addPoint(meter, now(), step.doneBytes);
    const { rateBytesPerSecond, eta } = readMeter(meter, step.totalBytes - step.doneBytes, now());
    const left = eta === null ? "" : `  ${durationText(eta.lowMs)} to ${durationText(eta.highMs)} left`;
    bar.setTotal(step.totalBytes);
    bar.update(step.doneBytes, fields(step.doneBytes, step.totalBytes, rateBytesPerSecond, left));
  }
  return {
    update(step) {
      latest = step;
      if (Bar !== null) draw(Bar, step);
      else if (!isLoading) void load();
    },
    stop,
  };

  function fields(doneBytes: number, totalBytes: number, rate: number, left: string) {
    return {
      phase: phase.padEnd(9),
      share: percentText(doneBytes, totalBytes).padStart(5),
      amount: countsBytes({ phase }) ? `  ${sizeText(doneBytes)} of ${sizeText(totalBytes)}` : "",
      speed: countsBytes({ phase }) && rate > 0 ? `  ${rateText(rate)}` : "",
      left,
    };
  }
}
