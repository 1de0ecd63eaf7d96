/** The event stream as outsiders use it: server-sent events with ids, resumed by the id of the last one seen. */
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestApp, type TestApp } from "./testing/test-app.ts";

let test: TestApp;
beforeAll(async () => {
  test = await startTestApp();
});
afterAll(async () => {
  await test.stop();
});

interface Listener {
  readonly lines: () => string[];
  readonly ids: () => number[];
  readonly ended: Promise<void>;
  readonly headers: Promise<Record<string, unknown>>;
  stop(): void;
}

/** Opens the stream and keeps every line of it. */
function listen(options: { after?: string; lastEventId?: string } = {}): Listener {
  const query = options.after === undefined ? "" : `?after=${options.after}`;
  const headers: Record<string, string> = { authorization: `Bearer ${test.token}` };
  if (options.lastEventId !== undefined) headers["last-event-id"] = options.lastEventId;
  let text = "";
  const ended = Promise.withResolvers<void>();
  const head = Promise.withResolvers<Record<string, unknown>>();
  const call = request({ host: "127.0.0.1", port: test.port, path: `/api/v1/events${query}`, headers, agent: false });
  call.on("response", (response) => {
    head.resolve({ ...response.headers, status: response.statusCode });
    response.on("data", (chunk) => {
      text += chunk;
    });
    response.on("close", () => ended.resolve());
    response.on("error", () => ended.resolve());
  });
  call.on("error", () => ended.resolve());
  call.end();
  const lines = () => text.split("\n");
  return {
    lines,
    ids: () => lines().flatMap((line) => (line.startsWith("id: ") ? [Number(line.slice(4))] : [])),
    ended: ended.promise,
    headers: head.promise,
    stop: () => call.destroy(),
  };
}

/** Makes `count` stored events happen. */
function happen(count: number): void {
  for (let number = 0; number < count; number += 1) test.app.hub.publish({ type: "settings" });
}

async function until(done: () => boolean): Promise<void> {
  for (const end = Date.now() + 30_000; !done(); await sleep(10)) {
    if (Date.now() > end) throw new Error("it did not happen in time");
  }
}

describe("the event stream", () => {
  it("replays to who resumes exactly what was missed, then goes on live", async () => {
    const first = listen();
    expect(await first.headers).toMatchObject({
      status: 200,
      "content-type": "text/event-stream",
      "cache-control": "no-store",
    });
    happen(3);
    await until(() => first.ids().length === 3);
    const seen = first.ids();
    first.stop();
    happen(5);
    const resumed = listen({ lastEventId: String(seen.at(-1)) });
    await until(() => resumed.ids().length === 5);
    happen(2);
    await until(() => resumed.ids().length === 7);
    const last = Number(seen.at(-1));
    expect(resumed.ids()).toEqual([1, 2, 3, 4, 5, 6, 7].map((step) => last + step));
    expect(
      resumed
        .lines()
        .filter((line) => line.startsWith("data: "))
        .map((line) => JSON.parse(line.slice(6))),
    ).toEqual(Array.from({ length: 7 }, () => ({ type: "settings" })));
    resumed.stop();

    // The same by the query, where the header cannot be set; the header goes before it.
    const byQuery = listen({ after: String(last) });
    await until(() => byQuery.ids().length === 7);
    byQuery.stop();
    const both = listen({ after: "0", lastEventId: String(last + 6) });
    await until(() => both.ids().length === 1);
    await sleep(100);
    expect(both.ids()).toEqual([last + 7]);
    both.stop();
  });

  it("also over a restart of the program", async () => {
    const before = listen();
    await before.headers;
    happen(1);
    await until(() => before.ids().length === 1);
    const last = before.ids()[0] ?? 0;
    happen(2);
    await test.restart();
    await before.ended;
    const after = listen({ lastEventId: String(last) });
    await until(() => after.ids().length >= 2);
    expect(after.ids()).toEqual([last + 1, last + 2]);
    after.stop();
  });

  it("tells who missed more than is known to start over", async () => {
    const ahead = listen({ lastEventId: "999999999" });
    await until(() => ahead.lines().some((line) => line.includes('"reset"')));
    ahead.stop();
    const nonsense = listen({ lastEventId: "not a number" });
    await nonsense.headers;
    happen(1);
    await until(() => nonsense.ids().length === 1);
    nonsense.stop();
  });

  it("lets go of a listener that went away, and ends with the program", async () => {
    const listeners = Array.from({ length: 20 }, () => listen());
    await Promise.all(listeners.map((listener) => listener.headers));
    for (const listener of listeners) listener.stop();
    const stays = listen();
    await stays.headers;
    await test.restart();
    await stays.ended;
    // The program that is up now counts nobody of those that listened before.
    const after = listen();
    await after.headers;
    happen(1);
    await until(() => after.ids().length === 1);
    expect(stays.ids()).toEqual([]);
    after.stop();
  });
});
