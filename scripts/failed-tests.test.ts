import { expect, it } from "vitest";
import { describeFailures, readPlaywright, readVitest, tellingLines } from "./failed-tests.ts";

const ESC = "\u001b";

it("tells of each failed test of Vitest its file, its full name and the first lines of its error", () => {
  const report = {
    numPassedTests: 1,
    numFailedTests: 1,
    testResults: [
      {
        name: "/repo/workers/a.integ.test.ts",
        status: "failed",
        message: "",
        assertionResults: [
          { ancestorTitles: [""], title: "holds", status: "passed", failureMessages: [] },
          {
            ancestorTitles: ["", "to qcow2"],
            title: "is equal",
            status: "failed",
            failureMessages: [
              `AssertionError: ${ESC}[31mexpected 1 to be 2${ESC}[39m\n\n    at file:///repo/node_modules/x/y.js:1:2\n` +
                "    at check (file:///repo/workers/a.integ.test.ts:3:4)\n    at /repo/workers/b.ts:5:6\n    at node:internal/x\n" +
                "    at c\n    at d\n    at e\n    at f",
            ],
          },
        ],
      },
    ],
  };
  const { passed, failed, failures } = readVitest(report, "/repo");
  expect([passed, failed]).toEqual([1, 1]);
  expect(describeFailures("integ", failures)).toEqual([
    "FAILED integ: workers/a.integ.test.ts > to qcow2 > is equal",
    "    AssertionError: expected 1 to be 2",
    "        at check (workers/a.integ.test.ts:3:4)",
    "        at workers/b.ts:5:6",
    "        at c",
    "        at d",
    "        at e",
  ]);
});

it("tells of a file that failed without a failed test", () => {
  const file = (name: string, status: string, message: string) => ({ name, status, message, assertionResults: [] });
  const testResults = [
    file("/repo/a.test.ts", "failed", "Cannot find module 'b'"),
    file("/repo/b.test.ts", "failed", ""),
    file("/repo/c.test.ts", "passed", ""),
  ];
  const { failures } = readVitest({ numPassedTests: 0, numFailedTests: 0, testResults }, "/repo");
  expect(describeFailures("unit", failures)).toEqual([
    "FAILED unit: a.test.ts",
    "    Cannot find module 'b'",
    "FAILED unit: b.test.ts",
    "    It did not come to its end.",
  ]);
});

it("tells of each failed spec of Playwright, also of one that passed when it was tried again", () => {
  const spec = (title: string, status: string, stacks: string[]) => ({
    title,
    file: "shell.spec.ts",
    tests: [{ status, results: stacks.map((stack) => ({ errors: [{ message: "short", stack }] })) }],
  });
  const report = {
    stats: { expected: 1, unexpected: 1, flaky: 1 },
    errors: [{ message: "Error: no browser" }],
    suites: [
      {
        title: "shell.spec.ts",
        file: "shell.spec.ts",
        specs: [
          spec("good", "expected", []),
          spec("opens", "unexpected", ["Error: closed\n    at /repo/e2e/app.ts:1"]),
        ],
        suites: [{ title: "tray", file: "shell.spec.ts", specs: [spec("shows", "flaky", ["Error: late"])] }],
      },
    ],
  };
  const { passed, failed, failures } = readPlaywright(report, "/repo");
  expect([passed, failed]).toEqual([1, 2]);
  expect(describeFailures("e2e", failures)).toEqual([
    "FAILED e2e: e2e/shell.spec.ts > opens",
    "    Error: closed",
    "        at e2e/app.ts:1",
    "FAILED e2e: e2e/shell.spec.ts > tray > shows",
    "    Error: late",
    "FAILED e2e: e2e",
    "    Error: no browser",
  ]);
});

it("finds what a step said about its failure, else its last words", () => {
  const output = ["ok  types", "FAILED lint", "", "a.ts:1 no", "b.ts:2 no", "ok  rules"].join("\n");
  expect(tellingLines(output)).toEqual(["FAILED lint", "a.ts:1 no", "b.ts:2 no", "ok  rules"]);
  expect(tellingLines(`fine\n⎯⎯ ${ESC}[31mUnhandled Errors ⎯⎯\nError: the worker ended`)).toEqual([
    "⎯⎯ Unhandled Errors ⎯⎯",
    "Error: the worker ended",
  ]);
  expect(tellingLines("1\n2\n3\n4\n5\n6\n7\n")).toEqual(["2", "3", "4", "5", "6", "7"]);
});
