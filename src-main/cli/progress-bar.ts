/** A progress bar on a terminal: phase, bar, share, rate and time left as a range. One bar a phase. */
import { SingleBar } from "cli-progress";
import { addPoint, EMPTY_METER, readMeter } from "../../src-core/job/estimate.ts";
import { countsBytes, type ProgressView } from "./progress-view.ts";
import { durationText, percentText, rateText, sizeText } from "./text/size.ts";

export function createProgressBar(stream: NodeJS.WritableStream, now: () => number): ProgressView {
  let bar: SingleBar | null = null;
  let phase = "";
  let meter = EMPTY_METER;

  const stop = () => {
    bar?.stop();
    bar = null;
  };
  return {
    update(step) {
      if (bar === null || step.phase !== phase) {
        stop();
        phase = step.phase;
        meter = EMPTY_METER;
        // gracefulExit would install signal handlers of its own; ending is this program's business.
        bar = new SingleBar({
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
