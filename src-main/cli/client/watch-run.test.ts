import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { runSummary } from "../../services/testing/fake-engine.ts";
import { createRestClient } from "./rest-client.ts";
import { runIdOf } from "./run-id.ts";
import { watchRun } from "./watch-run.ts";

const run = (state: "running" | "succeeded") => ({
  ...runSummary("r1", { state }),
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

it("an empty id is no id, also where there is only one run", async () => {
  const client = await program((_request, response) => {
    const page = { items: [runSummary("r1")], nextCursor: null, total: 1 };
    response.setHeader("content-type", "application/json").end(JSON.stringify(page));
  });
  const { signal } = new AbortController();
  await expect(runIdOf(client, "", signal)).rejects.toMatchObject({ code: "usage.invalid" });
  expect(await runIdOf(client, "r", signal)).toBe("r1");
});
