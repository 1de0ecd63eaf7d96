/**
 * How many requests a host gets at once. It begins with few and learns: one more as long as that brings more bytes a second, one back
 * where it did not, half where answers have become slow and bring less, or where the host says that it has too much to do. All disks
 * that are read from the host share one gate.
 *
 *   allowed  2 → 3 → 4 → 5 ↘ 4 ······ 4 → 5 ↘ 4 ················ 4      (the sixth did not pay; tried again later, and later still)
 *                             503 ↘ 2 ······ 2 → 3 → …
 */
import { AppError } from "../../../../src-core/model/error.ts";

/** A request that was let in: how often the gate had taken back by then. */
export type Turn = number;

/** How a turn ended: data came, the host had too much to do, or something that says nothing of the host's load. */
export type TurnEnd =
  | { readonly kind: "data"; readonly bytes: number; readonly answeredMs: number }
  | { readonly kind: "too-much" }
  | { readonly kind: "other" };

interface Waiter {
  readonly enter: () => void;
}

/** What a round of requests brought. */
interface Rate {
  readonly bytesPerMs: number;
  /** Mean time from asking to the first byte of the answer. */
  readonly answeredMs: number;
}

const FIRST_ALLOWED = 2;
/** A round says something after so long and so many answers for each connection. */
const ROUND_MS = 100;
const ROUND_ANSWERS = 3;
/** One more connection must bring so much more; with eight, a fair share would be 14 %. */
const WORTH = 1.05;
/** Slow: answers take so many times as long as when the number was found good, and less comes. */
const SLOW_ANSWERS = 2;
const SLOW_RATE = 0.8;
/** One slow round is a hiccup. */
const SLOW_ROUNDS = 3;
/** Rounds until another one is tried again; doubles each time that did not pay. */
const REST_ROUNDS = 8;
const MOST_REST_ROUNDS = 32;

export class HostGate {
  readonly #now: () => number;
  #limits: number[] = [];
  #allowed = FIRST_ALLOWED;
  #inside = 0;
  #waiting: Waiter[] = [];
  #decreases = 0;
  #round = { beganAt: 0, bytes: 0, answers: 0, answeredMs: 0 };
  /** Of the present number without the one that is tried; null: not known yet. */
  #before: Rate | null = null;
  #trying = false;
  #slowRounds = 0;
  #restLeft = 0;
  #nextRest = REST_ROUNDS;

  /** @param now milliseconds, monotonic */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whoever reads through the gate says how many it may be at most; the least of them holds until it is called back. */
  limit(most: number): () => void {
    const mine = Math.max(1, Math.floor(most));
    const change = (limits: number[]) => {
      this.#limits = limits;
      this.#trying = false;
      this.#before = null;
      this.#newRound();
      this.#admit();
    };
    change([...this.#limits, mine]);
    let held = true;
    return () => {
      const at = this.#limits.indexOf(mine);
      if (held) change(this.#limits.filter((_, place) => place !== at));
      held = false;
    };
  }

  /** At present. */
  get allowed(): number {
    return Math.min(this.#allowed, ...this.#limits);
  }

  /** Waits for its turn; `leave` must follow. @throws AppError job.canceled */
  async enter(signal: AbortSignal): Promise<Turn> {
    if (signal.aborted) throw new AppError("job.canceled");
    if (this.#inside < this.allowed && this.#waiting.length === 0) this.#inside++;
    else await this.#wait(signal);
    return this.#decreases;
  }

  leave(turn: Turn, end: TurnEnd): void {
    // Whether the gate, and not the reader, is what holds requests back: only then does a round say anything.
    const wanted = this.#waiting.length > 0;
    this.#inside--;
    if (end.kind === "too-much") {
      // Once for all requests that were on their way together.
      if (turn === this.#decreases) this.#takeBack(this.allowed / 2);
    } else if (!wanted) this.#newRound();
    else if (end.kind === "data") this.#count(end.bytes, end.answeredMs);
    this.#admit();
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const stop = () => {
        this.#waiting = this.#waiting.filter((one) => one !== waiter);
        reject(new AppError("job.canceled"));
      };
      const waiter: Waiter = {
        enter: () => {
          signal.removeEventListener("abort", stop);
          resolve();
        },
      };
      signal.addEventListener("abort", stop, { once: true });
      this.#waiting.push(waiter);
    });
  }

  #admit(): void {
    while (this.#inside < this.allowed) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#inside++;
      next.enter();
    }
  }

  #count(bytes: number, answeredMs: number): void {
    const round = this.#round;
    round.bytes += bytes;
    round.answers++;
    round.answeredMs += answeredMs;
    const took = this.#now() - round.beganAt;
    if (took < ROUND_MS || round.answers < ROUND_ANSWERS * this.allowed) return;
    this.#newRound();
    this.#judge({ bytesPerMs: round.bytes / took, answeredMs: round.answeredMs / round.answers });
  }

  #judge(rate: Rate): void {
    const paid = !this.#trying || this.#before === null || rate.bytesPerMs >= this.#before.bytesPerMs * WORTH;
    const resting = !this.#trying && this.#restLeft-- > 0;
    if (this.#trying && paid) this.#nextRest = REST_ROUNDS;
    this.#trying = false;
    if (!paid) this.#takeBack(this.allowed - 1);
    else if (resting || this.allowed >= Math.min(...this.#limits)) this.#watch(rate);
    else this.#tryMore(rate);
  }

  #tryMore(rate: Rate): void {
    this.#before = rate;
    this.#allowed = this.allowed + 1;
    this.#trying = true;
  }

  /** While nothing is tried: a host or link that has become slow is relieved, and what it gives now is learned anew. */
  #watch(rate: Rate): void {
    this.#before ??= rate;
    const { bytesPerMs, answeredMs } = this.#before;
    const slow = rate.answeredMs > answeredMs * SLOW_ANSWERS && rate.bytesPerMs < bytesPerMs * SLOW_RATE;
    this.#slowRounds = slow ? this.#slowRounds + 1 : 0;
    if (this.#slowRounds < SLOW_ROUNDS || this.allowed <= FIRST_ALLOWED) return;
    // Only a host that says so is asked for less than it was at first; and what it gives is soon tried anew.
    this.#nextRest = REST_ROUNDS;
    this.#takeBack(Math.max(FIRST_ALLOWED, this.allowed / 2));
  }

  #takeBack(to: number): void {
    this.#allowed = Math.max(1, Math.floor(to));
    this.#decreases++;
    this.#trying = false;
    this.#before = null;
    this.#slowRounds = 0;
    this.#restLeft = this.#nextRest;
    this.#nextRest = Math.min(MOST_REST_ROUNDS, this.#nextRest * 2);
    this.#newRound();
  }

  #newRound(): void {
    this.#round = { beganAt: this.#now(), bytes: 0, answers: 0, answeredMs: 0 };
  }
}
