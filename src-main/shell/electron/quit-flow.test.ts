import { describe, expect, it } from "vitest";
import { createQuitFlow, type QuitAnswer } from "./quit-flow.ts";

function flow(options: { active?: number | Error; answer?: QuitAnswer; stop?: () => Promise<void> }) {
  const steps: string[] = [];
  const question = Promise.withResolvers<QuitAnswer>();
  if (options.answer) question.resolve(options.answer);
  const quit = createQuitFlow({
    activeRuns: () => {
      if (options.active instanceof Error) throw options.active;
      return options.active ?? 0;
    },
    ask: (count) => {
      steps.push(`ask ${count}`);
      return question.promise;
    },
    hideWindow: () => steps.push("hide"),
    stop: async () => {
      steps.push("stop");
      await options.stop?.();
    },
    exit: () => steps.push("exit"),
    failed: (error) => steps.push(`failed ${error}`),
  });
  return { quit, steps, answer: question.resolve };
}

describe("quit flow", () => {
  it("does not ask where nothing runs", async () => {
    const { quit, steps } = flow({});
    await quit.request();
    expect(steps).toEqual(["stop", "exit"]);
    expect(quit.agreed).toBe(true);
  });

  it("lets the user go also where nobody can say what runs", async () => {
    const { quit, steps } = flow({ active: new Error("no disk") });
    await quit.request();
    expect(steps).toEqual(["failed Error: no disk", "stop", "exit"]);
  });

  it.each<[QuitAnswer, string[], boolean]>([
    ["quit", ["ask 2", "stop", "exit"], true],
    ["tray", ["ask 2", "hide"], false],
    ["cancel", ["ask 2"], false],
  ])("asks while work is running and obeys '%s'", async (answer, expected, agreed) => {
    const { quit, steps } = flow({ active: 2, answer });
    await quit.request();
    expect(steps).toEqual(expected);
    expect(quit.agreed).toBe(agreed);
  });

  it("asks once at a time, and again after a no", async () => {
    const { quit, steps, answer } = flow({ active: 1 });
    const first = quit.request();
    await quit.request();
    expect(steps).toEqual(["ask 1"]);
    answer("cancel");
    await first;
    await quit.request();
    expect(steps).toEqual(["ask 1", "ask 1"]);
  });

  it("goes without asking when the system ends, even while the question is open", async () => {
    const { quit, steps, answer } = flow({ active: 1 });
    const open = quit.request();
    await quit.now();
    answer("quit");
    await open;
    expect(steps).toEqual(["ask 1", "stop", "exit"]);
  });

  it("goes although stopping failed, and says so", async () => {
    const { quit, steps } = flow({ stop: () => Promise.reject("disk") });
    await quit.request();
    expect(steps).toEqual(["stop", "failed disk", "exit"]);
  });
});
