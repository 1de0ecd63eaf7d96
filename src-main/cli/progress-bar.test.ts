import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { createProgressBar } from "./progress-bar.ts";

/** What a terminal of 100 columns is shown. */
function terminal() {
  const stream = Object.assign(new PassThrough(), {
    isTTY: true,
    columns: 100,
    cursorTo: () => true,
    clearLine: () => true,
  });
  let shown = "";
  stream.on("data", (bytes: Buffer) => {
    shown += bytes.toString();
  });
  return { stream, shown: () => shown };
}

describe("the progress bar", () => {
  it("begins with the latest step once it can draw, and follows", async () => {
    const { stream, shown } = terminal();
    const bar = createProgressBar(stream, () => 0);
    bar.update({ phase: "copying", doneBytes: 0, totalBytes: 1000 });
    bar.update({ phase: "copying", doneBytes: 500, totalBytes: 1000 });
    await expect.poll(shown).toMatch(/copying .*50 %.*500 B of 1000 B/);
    bar.update({ phase: "finishing", doneBytes: 1000, totalBytes: 1000 });
    await expect.poll(shown).toMatch(/finishing .*100 %/);
    bar.stop();
  });

  it("draws nothing that was taken off before it could", async () => {
    const { stream, shown } = terminal();
    const bar = createProgressBar(stream, () => 0);
    bar.update({ phase: "copying", doneBytes: 0, totalBytes: 1000 });
    bar.stop();
    await import("cli-progress");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(shown()).toBe("");
  });
});
