/** Reads the JSON reports of Vitest and Playwright: how many tests passed and failed, and what each failed one said. */
import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { z } from "zod";

/** How much of a failed test's error is kept. */
const ERROR_LINES = 6;

export interface FailedTest {
  /** Path below the repository. */
  readonly file: string;
  /** Titles of the groups around it and its own; null where the file as a whole failed. */
  readonly name: string | null;
  /** The first lines of its error, at most six, frames of libraries left out. */
  readonly error: readonly string[];
}

export interface TestCount {
  readonly passed: number;
  readonly failed: number;
  readonly failures: readonly FailedTest[];
}

const VitestReport = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string(),
      assertionResults: z.array(
        z.object({
          ancestorTitles: z.array(z.string()),
          title: z.string(),
          status: z.string(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});

const PlaywrightError = z.object({ message: z.string().optional(), stack: z.string().optional() });
/** Playwright calls a test "flaky" that passed on a retry: here that is a failure. */
const BAD = new Set(["unexpected", "flaky"]);
const PlaywrightSpec = z.object({
  title: z.string(),
  file: z.string(),
  tests: z.array(z.object({ status: z.string(), results: z.array(z.object({ errors: z.array(PlaywrightError) })) })),
});
interface Suite {
  readonly title: string;
  readonly file: string;
  readonly specs: readonly z.infer<typeof PlaywrightSpec>[];
  readonly suites?: readonly Suite[] | undefined;
}
const PlaywrightSuite: z.ZodType<Suite> = z.object({
  title: z.string(),
  file: z.string(),
  specs: z.array(PlaywrightSpec),
  suites: z.lazy(() => z.array(PlaywrightSuite)).optional(),
});
const PlaywrightReport = z.object({
  stats: z.object({ expected: z.number(), unexpected: z.number(), flaky: z.number() }),
  suites: z.array(PlaywrightSuite),
  errors: z.array(PlaywrightError),
});

/** What a report of Vitest says. `root`: the repository. Throws where `json` is no such report. */
export function readVitest(json: unknown, root: string): TestCount {
  const report = VitestReport.parse(json);
  const failures = report.testResults.flatMap(({ name, status, message, assertionResults }): FailedTest[] => {
    const file = relative(root, name);
    const tests = assertionResults
      .filter((test) => test.status === "failed")
      .map(({ ancestorTitles, title, failureMessages }) => ({
        file,
        name: [...ancestorTitles, title].filter((text) => text !== "").join(" > "),
        error: firstLines(failureMessages?.[0] ?? "", root),
      }));
    // A file that could not be loaded, or whose process died: no test of it failed, but it did.
    const whole = { file, name: null, error: firstLines(message || "It did not come to its end.", root) };
    return tests.length === 0 && status === "failed" ? [whole] : tests;
  });
  return { passed: report.numPassedTests, failed: report.numFailedTests, failures };
}

/** What a report of Playwright says. `root`: the repository. Throws where `json` is no such report. */
export function readPlaywright(json: unknown, root: string): TestCount {
  const { stats, suites, errors } = PlaywrightReport.parse(json);
  const broken = errors.map((error) => ({ file: "e2e", name: null, error: firstLines(textOf(error), root) }));
  const failures = [...suites.flatMap((suite) => failedSpecs(suite, [], root)), ...broken];
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky, failures };
}

function failedSpecs(suite: Suite, above: readonly string[], root: string): FailedTest[] {
  // The outermost suite is the file.
  const titles = suite.title === suite.file ? above : [...above, suite.title];
  const own = suite.specs.flatMap(({ title, file, tests }) =>
    tests
      .filter(({ status }) => BAD.has(status))
      .map(({ results }) => {
        const error = results.flatMap(({ errors }) => errors)[0];
        const text = error === undefined ? "" : textOf(error);
        return { file: `e2e/${file}`, name: [...titles, title].join(" > "), error: firstLines(text, root) };
      }),
  );
  return [...own, ...(suite.suites ?? []).flatMap((inner) => failedSpecs(inner, titles, root))];
}

const textOf = ({ stack, message }: z.infer<typeof PlaywrightError>) => stack ?? message ?? "";

function firstLines(text: string, root: string): string[] {
  return stripVTControlCharacters(text)
    .replaceAll(`file://${root}/`, "")
    .replaceAll(`${root}/`, "")
    .split("\n")
    .filter((line) => line.trim() !== "" && !/^\s+at .*(node_modules\/|node:)/.test(line))
    .slice(0, ERROR_LINES);
}

/**
 * What a step said when it failed without a failed test of its own (lint, a runner that died): from the first line that speaks of
 * a failure, else the end; at most six lines.
 */
export function tellingLines(output: string): string[] {
  const lines = stripVTControlCharacters(output)
    .split("\n")
    .filter((line) => line.trim() !== "");
  const from = lines.findIndex((line) => /^FAILED\b|\bUnhandled\b/.test(line));
  return from < 0 ? lines.slice(-ERROR_LINES) : lines.slice(from, from + ERROR_LINES);
}

/** The lines that tell of a step's failed tests: file and full name, then the error. */
export function describeFailures(step: string, failures: readonly FailedTest[]): string[] {
  return failures.flatMap(({ file, name, error }) => [
    `FAILED ${step}: ${file}${name === null ? "" : ` > ${name}`}`,
    ...error.map((line) => `    ${line.trimEnd()}`),
  ]);
}
