import { expect, it } from "vitest";
import { backOffMs, type Connection, ReconnectingLink, SignInNeeded } from "./reconnecting-link.ts";

/** A clock that moves only when told to. */
function fakeClock() {
  let nowMs = 1000;
  let timers: { at: number; run: () => void }[] = [];
  return {
    now: () => nowMs,
    setTimeout: (run: () => void, ms: number) => {
      const timer = { at: nowMs + ms, run };
      timers.push(timer);
      return timer;
    },
    clearTimeout: (timer: unknown) => {
      timers = timers.filter((t) => t !== timer);
    },
    async pass(ms: number) {
      nowMs += ms;
      const due = timers.filter((t) => t.at <= nowMs);
      timers = timers.filter((t) => t.at > nowMs);
      for (const timer of due) timer.run();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

function fakeConnection(name: string): Connection {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { link: { call: async (path) => `${name}:${path.join(".")}` }, closed: promise, close: () => resolve() };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

it("keeps calls until the connection stands", async () => {
  const clock = fakeClock();
  const { promise, resolve } = Promise.withResolvers<Connection>();
  const link = new ReconnectingLink(() => promise, clock);
  const answer = link.call(["system", "info"], undefined, { context: {} });
  link.start();
  expect(link.state).toEqual({ name: "connecting", attempt: 0 });
  resolve(fakeConnection("a"));
  expect(await answer).toBe("a:system.info");
  expect(link.state.name).toBe("open");
});

it("backs off, tries again, and serves waiting calls over the new connection", async () => {
  const clock = fakeClock();
  const first = fakeConnection("first");
  const outcomes: (() => Promise<Connection>)[] = [
    async () => first,
    () => Promise.reject(new Error("refused")),
    async () => fakeConnection("second"),
  ];
  let tries = 0;
  const link = new ReconnectingLink(() => {
    tries += 1;
    return (outcomes.shift() ?? (() => Promise.reject(new Error("none left"))))();
  }, clock);
  link.start();
  await settle();
  first.close();
  await settle();
  expect(link.state).toEqual({ name: "waiting", attempt: 1, retryAt: clock.now() + backOffMs(1) });
  const answer = link.call(["runs", "list"], undefined, { context: {} });
  await clock.pass(backOffMs(1) - 1);
  expect(tries).toBe(1);
  await clock.pass(1);
  expect(link.state).toMatchObject({ name: "waiting", attempt: 2 });
  await clock.pass(backOffMs(2));
  expect(await answer).toBe("second:runs.list");
  expect(tries).toBe(3);
});

it("gives up a waiting call when its signal is aborted", async () => {
  const link = new ReconnectingLink(() => new Promise(() => {}), fakeClock());
  link.start();
  const stop = new AbortController();
  const answer = link.call(["x"], undefined, { context: {}, signal: stop.signal });
  stop.abort(new Error("left the page"));
  await expect(answer).rejects.toThrow("left the page");
});

it("does not retry when signing in is needed, and starts again when told", async () => {
  let signedIn = false;
  let tries = 0;
  const link = new ReconnectingLink(async () => {
    tries += 1;
    if (!signedIn) throw new SignInNeeded("no");
    return fakeConnection("in");
  }, fakeClock());
  const early = link.call(["x"], undefined, { context: {} });
  const refused = expect(early).rejects.toBeInstanceOf(SignInNeeded);
  link.start();
  await settle();
  await refused;
  expect(link.state.name).toBe("sign-in");
  await expect(link.call(["x"], undefined, { context: {} })).rejects.toBeInstanceOf(SignInNeeded);
  expect(tries).toBe(1);
  signedIn = true;
  link.start();
  await settle();
  expect(await link.call(["x"], undefined, { context: {} })).toBe("in:x");
});

it("never waits longer than ten seconds", () => {
  expect([1, 2, 3, 5, 6, 50].map(backOffMs)).toEqual([400, 800, 1600, 6400, 10_000, 10_000]);
});
