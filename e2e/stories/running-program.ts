/** The program as a service of its own, spoken to over its port: started, killed, and started again on the same data folder. */
import { join } from "node:path";
import { expect } from "vitest";
import type { Run } from "../../src-core/model/run.ts";
import { type RunningCli, startCli } from "../../src-main/cli/testing/spawn-cli.ts";
import { rest } from "../script.ts";

export interface RunningProgram {
  /** A call of the REST port. @throws Error with the answer where it is refused */
  call<T>(method: "GET" | "POST", path: string, body?: object): Promise<T>;
  /** As a power cut would. */
  kill(): Promise<void>;
}

/** @param folder the program's working folder; its data lie in `data` there */
export async function startProgram(folder: string): Promise<RunningProgram> {
  const service: RunningCli = startCli(["serve", "--port", "0", "--data-dir", "data", "--json"], { cwd: folder });
  await service.says('"listening"');
  return {
    call: (method, path, body) => rest(join(folder, "data"), method, path, body),
    async kill() {
      service.child.kill("SIGKILL");
      await service.ended;
    },
  };
}

/** Waits until the runs have ended, each well, on the attempt after the one that the program died under. */
export async function wentOn(program: RunningProgram, runIds: readonly string[]): Promise<void> {
  for (const runId of runIds) {
    const run = () => program.call<Run>("GET", `/runs/${runId}`);
    await expect.poll(async () => (await run()).state, { timeout: 90_000, interval: 200 }).toMatch(/succeeded|failed/);
    const ended = await run();
    expect(ended.error).toBeNull();
    expect(ended.tasks[0]?.attempts.map(({ state }) => state)).toEqual(["lost", "succeeded"]);
    expect(ended.tasks[0]?.attempts[1]?.resumedFromBytes, ended.name).toBeGreaterThan(0);
  }
}
