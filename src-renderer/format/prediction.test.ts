import { expect, it } from "vitest";
import { calibrationWords, predictionWords } from "./prediction.ts";

it("says a duration as a range", () => {
  expect(predictionWords({ lowMs: 190_000, highMs: 230_000 })).toBe("3–4 min in all");
});

it.each([
  [{ runs: 0, within: 0, shorter: 0, longer: 0 }, "No earlier job tells how good predictions are."],
  [{ runs: 1, within: 1, shorter: 0, longer: 0 }, "The last predicted job took as long as was said."],
  [{ runs: 1, within: 0, shorter: 1, longer: 0 }, "The last predicted job was quicker."],
  [{ runs: 9, within: 9, shorter: 0, longer: 0 }, "Of the last 9 predicted jobs, 9 took as long as was said."],
  [
    { runs: 9, within: 6, shorter: 1, longer: 2 },
    "Of the last 9 predicted jobs, 6 took as long as was said; 1 was quicker, 2 took longer.",
  ],
])("%j", (calibration, words) => {
  expect(calibrationWords(calibration)).toBe(words);
});
