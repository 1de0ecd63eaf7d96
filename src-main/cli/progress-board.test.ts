import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createProgressBoard } from "./progress-board.ts";
import type { Step } from "./progress-view.ts";

type Part = NonNullable<Step["detail"]>["parts"][number];
const part = (label: string, more: Partial<Part> = {}): Part => ({
  label,
  doneBytes: 512,
  totalBytes: 1024,
  rateBytesPerSecond: 256,
  eta: { lowMs: 1000, highMs: 3000 },
  state: "copying",
  transport: "files",
  ...more,
});
const step = (more: Partial<Step> = {}): Step => ({ phase: "copying", doneBytes: 512, totalBytes: 2048, ...more });

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

/** A terminal of this size, and the lines that stand on it. */
function board(rows = 24, columns = 120) {
  const stream = Object.assign(new PassThrough({ encoding: "utf8" }), { rows, columns });
  const view = createProgressBoard(stream, () => 0);
  let shown: string[] = [];
  const look = () => {
    vi.advanceTimersByTime(200);
    for (const piece of String(stream.read() ?? "").split("\u001b[")) {
      const up = /^(\d+)A/.exec(piece);
      if (up !== null) shown = shown.slice(0, shown.length - Number(up[1]));
      const text = piece.replace(/^\d*[AJ]/, "");
      shown.push(...text.split("\n").slice(0, -1));
    }
    return shown;
  };
  return { view, look };
}

describe("the progress board", () => {
  it("has a line for the whole and one for each disk, and draws over what it drew", () => {
    const { view, look } = board();
    const parts = [part("Hard disk 1"), part("Hard disk 2", { state: "waiting", doneBytes: 0, transport: null })];
    view.update(step({ detail: { parts, limitedBy: "source" } }));
    expect(look()).toEqual([
      "copying                      [=====---------------]  25 %  512 B of 2.00 KiB  held back by the source",
      "  Hard disk 1                [==========----------]  50 %  512 B of 1.00 KiB  256 B/s  1.0 s to 3.0 s left  files",
      "  Hard disk 2                [--------------------]   0 %  0 B of 1.00 KiB  waits",
    ]);
    view.update(step({ doneBytes: 2048, detail: { parts: [part("a", { state: "done" })], limitedBy: null } }));
    expect(look()).toEqual(["copying                      [====================] 100 %  2.00 KiB of 2.00 KiB"]);
    view.stop();
    expect(look()).toEqual([]);
  });

  it("has a block for each machine, and names that move no cursor", () => {
    const { view, look } = board();
    view.update(step({ subject: "web\u001b[2J" }));
    view.update(step({ subject: "db", phase: "opening", doneBytes: 0, totalBytes: 0 }));
    const lines = look();
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain("web?[2J: copying");
    expect(lines[1]).toContain("db: opening ");
  });

  it("cuts and counts what does not fit", () => {
    const { view, look } = board(6, 40);
    const parts = Array.from({ length: 10 }, (_, index) => part(`disk ${index}`));
    view.update(step({ detail: { parts, limitedBy: null } }));
    const lines = look();
    expect(lines.map(({ length }) => length)).toEqual([39, 39, 39, 12]);
    expect(lines.at(-1)).toBe("… and 8 more");
  });

  it("draws nothing that was taken off before it could", () => {
    const { view, look } = board();
    view.update(step());
    view.stop();
    expect(look()).toEqual([]);
  });
});
