/**
 * `npm test`: all there is: setup, check, integration tests, build, user stories. A failed step does not stop the later ones
 * (only user stories need the build to be good), so that one run tells everything.
 *
 * Last come every failed test with the beginning of its error, a table of the steps, and the sum: what is left of a log that was
 * cut to its end still says what failed.
 *
 * The last line is `N passed, N failed`, summed over the reports of Vitest and Playwright. A failed step without a failed test
 * of its own (lint, say, or a runner that died) counts as one failure, so that the line never looks better than the exit code.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  describeFailures,
  type FailedTest,
  readPlaywright,
  readVitest,
  type TestCount,
  tellingLines,
} from "./failed-tests.ts";
import { runStep, type StepOutcome, seconds } from "./step.ts";

interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  /** The report the step writes, and how to read it. Steps without tests have none. */
  readonly report?: { readonly file: string; readonly read: typeof readVitest };
}

const root = resolve(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "hypersdk-test-"));
const unitReport = join(folder, "unit.json");
const integReport = join(folder, "integ.json");
const e2eReport = join(folder, "e2e.json");

// Two at a time, however many cores there are: they start programs of their own, and some measure.
const integ = [
  "vitest",
  "run",
  "--project",
  "integ",
  "--maxWorkers=2",
  "--reporter=default",
  "--reporter=json",
] as const;
const steps: readonly Step[] = [
  { name: "setup", command: ["node", "scripts/setup.ts"] },
  {
    name: "check",
    command: ["node", "scripts/check.ts", "--report", unitReport],
    report: { file: unitReport, read: readVitest },
  },
  {
    name: "integ",
    command: [...integ, `--outputFile.json=${integReport}`],
    report: { file: integReport, read: readVitest },
  },
  { name: "build", command: ["npm", "run", "-s", "build"] },
  {
    name: "e2e",
    command: ["playwright", "test", "--reporter=list,json"],
    env: { PLAYWRIGHT_JSON_OUTPUT_FILE: e2eReport },
    report: { file: e2eReport, read: readPlaywright },
  },
];

/** What a step's tests came to; null when it has none or left no readable report. */
function count({ report }: Step): TestCount | null {
  if (report === undefined || !existsSync(report.file)) return null;
  try {
    return report.read(JSON.parse(readFileSync(report.file, "utf8")), root);
  } catch (error) {
    console.log(`The report ${report.file} cannot be read: ${error}`);
    return null;
  }
}

/** What to say of a failed step at the end, where it is seen: each failed test, or else what the step itself said. */
function failureLines({ name, output }: StepOutcome, failures: readonly FailedTest[]): string[] {
  if (failures.length > 0) return describeFailures(name, failures);
  const said = { file: "no test of its own failed; it said", name: null, error: tellingLines(output) };
  return describeFailures(name, [said]);
}

const rows: { outcome: StepOutcome; passed: number; failed: number }[] = [];
const told: string[] = [];
try {
  for (const step of steps) {
    console.log(`\n== ${step.name}: ${step.command.join(" ")}`);
    const outcome = await runStep(step.name, step.command, step.env === undefined ? {} : { env: step.env });
    const { passed, failed, failures } = count(step) ?? { passed: 0, failed: 0, failures: [] };
    rows.push({ outcome, passed, failed: failed === 0 && !outcome.ok ? 1 : failed });
    if (!outcome.ok || failed > 0) told.push(...failureLines(outcome, failures));
    if (step.name === "build" && !outcome.ok) break;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

console.log(["", ...told, ""].join("\n"));
for (const { outcome, passed, failed } of rows) {
  const tests = passed + failed > 0 ? `  ${passed} passed, ${failed} failed` : "";
  console.log(`${outcome.ok ? "ok    " : "FAILED"} ${seconds(outcome.durationMs)}  ${outcome.name}${tests}`);
}
const passed = rows.reduce((sum, row) => sum + row.passed, 0);
const failed = rows.reduce((sum, row) => sum + row.failed, 0);
if (passed === 0) console.log("No test ran.");
if (failed > 0 || passed === 0) process.exitCode = 1;
console.log(`\n${passed} passed, ${failed} failed`);
