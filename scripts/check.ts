/**
 * `npm run check`: everything that needs no build and no child programs: lock file, types, lint, import rules, unused code, the
 * architecture picture, unit tests. The static checks run two at a time, the tests after them, so that it stays under a minute
 * on two cores.
 *
 * Usage: node scripts/check.ts [--report FILE]   (FILE: where Vitest writes its JSON report)
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { runStep, type StepOutcome, seconds } from "./step.ts";

const { values } = parseArgs({ options: { report: { type: "string" } } });

const checks: readonly (readonly [string, readonly [string, ...string[]]])[] = [
  ["import rules", ["npm", "run", "-s", "rules"]],
  ["unused code", ["npm", "run", "-s", "unused"]],
  ["types", ["npm", "run", "-s", "types"]],
  ["architecture", ["node", "scripts/architecture.ts", "--check"]],
  ["lint", ["npm", "run", "-s", "lint"]],
  ["lock file", ["node", "scripts/complete-lock.mjs", "--check"]],
];

/** Runs all checks, `lanes` at a time, and prints each as it ends: one line when good, all it said when not. */
async function runAll(lanes: number): Promise<StepOutcome[]> {
  const waiting = [...checks];
  const outcomes: StepOutcome[] = [];
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const outcome = await runStep(...next, { quiet: true });
      outcomes.push(outcome);
      console.log(`${outcome.ok ? "ok    " : "FAILED"} ${seconds(outcome.durationMs)}  ${outcome.name}`);
      if (!outcome.ok) console.log(outcome.output.trimEnd());
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return outcomes;
}

const outcomes = await runAll(Math.min(4, Math.max(2, availableParallelism())));
const report =
  values.report === undefined ? [] : ["--reporter=default", "--reporter=json", `--outputFile.json=${values.report}`];
// By itself Vitest leaves one core idle, which on two is half of them.
const unit = await runStep("unit tests", ["vitest", "run", "--project", "unit", "--maxWorkers=100%", ...report]);
console.log(`${unit.ok ? "ok    " : "FAILED"} ${seconds(unit.durationMs)}  unit tests`);
if (![...outcomes, unit].every((outcome) => outcome.ok)) process.exitCode = 1;
