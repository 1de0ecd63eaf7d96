import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it, vi } from "vitest";
import { runSummary } from "../../services/testing/fake-engine.ts";
import { createRestClient } from "./rest-client.ts";
import { runIdOf } from "./run-id.ts";
import { type RunWatcher, watchRun, watchRuns } from "./watch-run.ts";

const run = (state: "running" | "succeeded", id = "r1") => ({
  ...runSummary(id, { state }),
  request: {
    kind: "convert",
    sourcePath: "/vm/a.vmdk",
    targets: [{ path: "/vm/a.qcow2", format: "qcow2", options: {}, overwrite: false }],
    verify: { mode: "none" },
    priority: 50,
    sync: true,
    maxBytesPerSecond: null,
  },
  tasks: [],
});

let close = () => {};
afterEach(() => close());

/** A program played by the test. */
async function program(answer: RequestListener) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  return createRestClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, "token");
}

it("sees the end of a run that comes while the event stream is being opened", async () => {
  let state: "running" | "succeeded" = "running";
  const client = await program(async (request, response) => {
    if (request.url?.endsWith("/events") !== true) {
      response.setHeader("content-type", "application/json").end(JSON.stringify(run(state)));
      return;
    }
    await sleep(50);
    // Told before anybody listens.
    state = "succeeded";
    await sleep(50);
    response.setHeader("content-type", "text/event-stream").write(": open\n\n");
  });
  const nothing = { progress: () => {}, warning: () => {} };
  const watched = await watchRun(client, "r1", nothing, AbortSignal.timeout(20_000));
  expect(watched.state).toBe("succeeded");
});

it("follows several by one stream: what moves and why, each end once, in the order asked for", async () => {
  const states: Record<string, "running" | "succeeded"> = { a: "running", b: "running" };
  let streams = 0;
  let asked = 0;
  const client = await program(async (request, response) => {
    const id = request.url?.split("/").at(-1) ?? "";
    if (id !== "events") {
      asked += 1;
      response.setHeader("content-type", "application/json").end(JSON.stringify(run(states[id] ?? "running", id)));
      return;
    }
    streams += 1;
    response.setHeader("content-type", "text/event-stream");
    const say = (event: object) => response.write(`data: ${JSON.stringify(event)}\n\n`);
    const about = (id: string, more: object) => say({ type: "run", run: { ...runSummary(id), ...more } });
    const at = new Date(0).toISOString();
    const progress = { type: "progress", at, doneBytes: 1, totalBytes: 2, phase: "copying" };
    response.write(": open\n\n");
    await vi.waitUntil(() => asked === 2);
    about("a", { state: "running", reason: "Limit of 1 MiB/s until 18:00" });
    about("a", { state: "running", reason: "Limit of 1 MiB/s until 18:00", priority: 1 });
    about("another", { state: "running", reason: "not asked about" });
    say({ type: "task", runId: "b", taskId: "t", attemptId: "u", event: progress });
    say({ type: "task", runId: "another", taskId: "t", attemptId: "u", event: progress });
    states.b = "succeeded";
    about("b", { state: "succeeded" });
    await vi.waitUntil(() => asked === 3);
    about("a", { state: "running", reason: null });
    about("a", { state: "running", reason: "Limit of 1 MiB/s until 18:00" });
    states.a = "succeeded";
    about("a", { state: "succeeded" });
  });
  const said: string[] = [];
  const watcher = (id: string): RunWatcher => ({
    progress: ({ phase }) => said.push(`${id} ${phase}`),
    warning: () => {},
    reason: (text) => said.push(`${id} ${text}`),
    ended: ({ state }) => said.push(`${id} ${state}`),
  });
  const watchers = new Map(["a", "b"].map((id) => [id, watcher(id)]));
  const ended = await watchRuns(client, watchers, AbortSignal.timeout(20_000));
  expect(ended.map(({ id, state }) => `${id} ${state}`)).toEqual(["a succeeded", "b succeeded"]);
  expect(said).toEqual([
    "a Limit of 1 MiB/s until 18:00",
    "b copying",
    "b succeeded",
    "a Limit of 1 MiB/s until 18:00",
    "a succeeded",
  ]);
  expect([streams, asked]).toEqual([1, 4]);
});

it("an empty id is no id, also where there is only one run", async () => {
  const client = await program((_request, response) => {
    const page = { items: [runSummary("r1")], nextCursor: null, total: 1 };
    response.setHeader("content-type", "application/json").end(JSON.stringify(page));
  });
  const { signal } = new AbortController();
  await expect(runIdOf(client, "", signal)).rejects.toMatchObject({ code: "usage.invalid" });
  expect(await runIdOf(client, "r", signal)).toBe("r1");
});
