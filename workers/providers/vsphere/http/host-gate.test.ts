/** How the gate learns: links of a few numbers and a clock that is turned by hand, millisecond by millisecond. */
import { describe, expect, it } from "vitest";
import { HostGate, type TurnEnd } from "./host-gate.ts";

const live = () => new AbortController().signal;
const data = (bytes = 1000): TurnEnd => ({ kind: "data", bytes, answeredMs: 1 });
const REQUEST_BYTES = 10_000;

interface Link {
  /** Of all connections together, and of one; bytes in a millisecond. */
  capacity: number;
  each: number;
  /** From asking to the first byte. */
  answerMs: number;
  /** More at once are answered with 503. */
  most?: number;
}

/** A gate, readers that always want more (as read-ahead does), and a link between them and the host. */
class Weather {
  now = 0;
  readonly gate = new HostGate(() => this.now);
  readonly link: Link;
  /** The most at once since it was last asked. */
  highest = 0;
  readonly #running = new Set<{ turn: number; left: number; answerAt: number; beganAt: number; done: () => void }>();
  #stopped = false;

  constructor(link: Link, readers = 16) {
    this.link = link;
    for (let n = 0; n < readers; n++) void this.#read();
  }

  async #read(): Promise<void> {
    while (!this.#stopped) {
      const turn = await this.gate.enter(live());
      if (this.#running.size >= (this.link.most ?? Number.POSITIVE_INFINITY)) {
        this.gate.leave(turn, { kind: "too-much" });
        await this.#sleep(20);
        continue;
      }
      await new Promise<void>((done) => {
        const beganAt = this.now;
        this.#running.add({ turn, left: REQUEST_BYTES, answerAt: beganAt + this.link.answerMs, beganAt, done });
        this.highest = Math.max(this.highest, this.#running.size);
      });
    }
  }

  readonly #sleepers: { until: number; wake: () => void }[] = [];
  #sleep(ms: number): Promise<void> {
    return new Promise((wake) => this.#sleepers.push({ until: this.now + ms, wake }));
  }

  async pass(ms: number): Promise<void> {
    for (const end = this.now + ms; this.now < end; this.now++) {
      const sending = [...this.#running].filter(({ answerAt }) => answerAt <= this.now);
      const share = Math.min(this.link.each, this.link.capacity / Math.max(1, sending.length));
      for (const request of sending) {
        request.left -= share;
        if (request.left > 0) continue;
        this.#running.delete(request);
        const answeredMs = request.answerAt - request.beganAt;
        this.gate.leave(request.turn, { kind: "data", bytes: REQUEST_BYTES, answeredMs });
        request.done();
      }
      for (const sleeper of this.#sleepers.filter(({ until }) => until <= this.now)) {
        this.#sleepers.splice(this.#sleepers.indexOf(sleeper), 1);
        sleeper.wake();
      }
      for (let n = 0; n < 5; n++) await Promise.resolve();
    }
  }

  /** How many connections were used over `ms`, on average. */
  async average(ms: number): Promise<number> {
    let sum = 0;
    for (let n = 0; n < ms / 10; n++) {
      await this.pass(10);
      sum += this.gate.allowed;
    }
    return sum / (ms / 10);
  }
}

describe("the number of connections", () => {
  it("begins with two and grows to the limit where each brings as much again, and never beyond", async () => {
    const weather = new Weather({ capacity: 100_000, each: 1000, answerMs: 5 });
    weather.gate.limit(8);
    expect(weather.gate.allowed).toBe(2);
    await weather.pass(3000);
    expect(weather.gate.allowed).toBe(8);
    expect(weather.highest).toBe(8);
  });

  it.each([
    [3, 3000],
    [5, 5000],
  ])("stays about %d where the link is full with so many", async (full, capacity) => {
    const weather = new Weather({ capacity, each: 1000, answerMs: 0 });
    weather.gate.limit(8);
    await weather.pass(5000);
    const average = await weather.average(20_000);
    expect(average).toBeGreaterThanOrEqual(full - 0.2);
    expect(average).toBeLessThanOrEqual(full + 0.5);
  });

  it("follows a link that becomes better", async () => {
    const weather = new Weather({ capacity: 2000, each: 1000, answerMs: 0 });
    weather.gate.limit(8);
    await weather.pass(5000);
    expect(weather.gate.allowed).toBeLessThanOrEqual(3);
    weather.link.capacity = 100_000;
    await weather.pass(20_000);
    expect(weather.gate.allowed).toBe(8);
  });

  it("is taken back where answers become slow and bring less, and comes again", async () => {
    const weather = new Weather({ capacity: 100_000, each: 1000, answerMs: 2 });
    weather.gate.limit(8);
    await weather.pass(5000);
    expect(weather.gate.allowed).toBe(8);
    Object.assign(weather.link, { answerMs: 40, each: 300, capacity: 600 });
    await weather.pass(5000);
    expect(await weather.average(10_000)).toBeLessThan(7);
    Object.assign(weather.link, { answerMs: 2, each: 1000, capacity: 100_000 });
    await weather.pass(30_000);
    expect(weather.gate.allowed).toBe(8);
  });

  it("is halved by a 503, once for all that were on their way, and lives with a host that takes only so many", async () => {
    const weather = new Weather({ capacity: 100_000, each: 1000, answerMs: 5, most: 5 });
    weather.gate.limit(8);
    await weather.pass(1000);
    weather.highest = 0;
    const average = await weather.average(20_000);
    expect(weather.highest).toBeLessThanOrEqual(5);
    expect(average).toBeGreaterThan(2.5);
    expect(average).toBeLessThan(6);
  });

  it("stays where it is the reader that does not want more", async () => {
    const weather = new Weather({ capacity: 100_000, each: 1000, answerMs: 5 }, 2);
    weather.gate.limit(8);
    await weather.pass(5000);
    expect(weather.gate.allowed).toBe(2);
  });
});

describe("the gate", () => {
  it("halves once for what was on its way together, and at one it stays", async () => {
    const gate = new HostGate(() => 0);
    gate.limit(8);
    const turns = [await gate.enter(live()), await gate.enter(live())];
    for (const turn of turns) gate.leave(turn, { kind: "too-much" });
    expect(gate.allowed).toBe(1);
    gate.leave(await gate.enter(live()), { kind: "too-much" });
    expect(gate.allowed).toBe(1);
  });

  it("keeps the least limit of all that read through it, until they leave", async () => {
    const gate = new HostGate(() => 0);
    const [many, one] = [gate.limit(4), gate.limit(1)];
    const turn = await gate.enter(live());
    let entered = false;
    const waiting = gate.enter(live()).then((second) => {
      entered = true;
      return second;
    });
    await Promise.resolve();
    expect(entered).toBe(false);
    one();
    one();
    const second = await waiting;
    gate.leave(turn, data());
    gate.leave(second, data());
    many();
  });

  it("lets go of who does not want to wait", async () => {
    const gate = new HostGate(() => 0);
    gate.limit(1);
    const turn = await gate.enter(live());
    const stop = new AbortController();
    const waiting = gate.enter(stop.signal);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: "job.canceled" });
    gate.leave(turn, { kind: "other" });
    await gate.enter(live());
  });
});
