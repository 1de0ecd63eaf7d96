/**
 * `npm test`: all there is: setup, check, integration tests, build, user stories. A failed step does not stop the later ones
 * (only user stories need the build to be good), so that one run tells everything.
 *
 * The last line is `N passed, N failed`, summed over the reports of Vitest and Playwright. A failed step without a failed test
 * of its own (lint, say, or a runner that died) counts as one failure, so that the line never looks better than the exit code.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { runStep, type StepOutcome, seconds } from "./step.ts";

const VitestReport = z
  .object({ numPassedTests: z.number(), numFailedTests: z.number() })
  .transform((report) => ({ passed: report.numPassedTests, failed: report.numFailedTests }));

/** Playwright calls a test "flaky" that passed on a retry: here that is a failure. */
const PlaywrightReport = z
  .object({ stats: z.object({ expected: z.number(), unexpected: z.number(), flaky: z.number() }) })
  .transform(({ stats }) => ({ passed: stats.expected, failed: stats.unexpected + stats.flaky }));

interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  /** The report the step writes, and how to count it. Steps without tests have none. */
  readonly report?: { readonly file: string; readonly schema: z.ZodType<{ passed: number; failed: number }> };
}

const folder = mkdtempSync(join(tmpdir(), "hypersdk-test-"));
const unitReport = join(folder, "unit.json");
const integReport = join(folder, "integ.json");
const e2eReport = join(folder, "e2e.json");

const integ = ["vitest", "run", "--project", "integ", "--reporter=default", "--reporter=json"] as const;
const steps: readonly Step[] = [
  { name: "setup", command: ["node", "scripts/setup.ts"] },
  {
    name: "check",
    command: ["node", "scripts/check.ts", "--report", unitReport],
    report: { file: unitReport, schema: VitestReport },
  },
  {
    name: "integ",
    command: [...integ, `--outputFile.json=${integReport}`],
    report: { file: integReport, schema: VitestReport },
  },
  { name: "build", command: ["npm", "run", "-s", "build"] },
  {
    name: "e2e",
    command: ["playwright", "test", "--reporter=list,json"],
    env: { PLAYWRIGHT_JSON_OUTPUT_FILE: e2eReport },
    report: { file: e2eReport, schema: PlaywrightReport },
  },
];

/** What a step's tests came to; null when it has none or left no readable report. */
function count({ report }: Step): { passed: number; failed: number } | null {
  if (report === undefined || !existsSync(report.file)) return null;
  const parsed = report.schema.safeParse(JSON.parse(readFileSync(report.file, "utf8")));
  return parsed.success ? parsed.data : null;
}

const rows: { outcome: StepOutcome; passed: number; failed: number }[] = [];
try {
  for (const step of steps) {
    console.log(`\n== ${step.name}: ${step.command.join(" ")}`);
    const outcome = await runStep(step.name, step.command, step.env === undefined ? {} : { env: step.env });
    const { passed, failed } = count(step) ?? { passed: 0, failed: 0 };
    rows.push({ outcome, passed, failed: failed === 0 && !outcome.ok ? 1 : failed });
    if (step.name === "build" && !outcome.ok) break;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

console.log("");
for (const { outcome, passed, failed } of rows) {
  const tests = passed + failed > 0 ? `  ${passed} passed, ${failed} failed` : "";
  console.log(`${outcome.ok ? "ok    " : "FAILED"} ${seconds(outcome.durationMs)}  ${outcome.name}${tests}`);
}
const passed = rows.reduce((sum, row) => sum + row.passed, 0);
const failed = rows.reduce((sum, row) => sum + row.failed, 0);
if (passed === 0) console.log("No test ran.");
if (failed > 0 || passed === 0) process.exitCode = 1;
console.log(`\n${passed} passed, ${failed} failed`);
