/**
 * The thread of one source (workers/source-entry.ts): hands over its configuration, answers when it asks for the secret, checks every
 * word it says, matches answers to calls, and sees to it that it ends.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { AppError, type AppErrorData } from "../../src-core/model/error.ts";
import type { InventoryChange } from "../../src-core/model/inventory.ts";
import type { Capabilities, SourceConfig, SourceSecret } from "../../src-core/model/source.ts";
import {
  FromSession,
  SOURCE_ANSWERS,
  type SourceAnswer,
  type SourceCall,
  type ToSession,
} from "../../src-core/model/source-session.ts";

/** What becomes of a source's connection. Called in order; must not throw. */
export interface SessionListener {
  connecting(): void;
  connected(capabilities: Capabilities): void;
  /** @param retryInMs when it is tried again; null: not by itself */
  failed(error: AppErrorData, retryInMs: number | null): void;
  changes(changes: readonly InventoryChange[]): void;
  log(level: "info" | "warning" | "error", message: string): void;
}

export interface SessionThread {
  /**
   * @throws AppError as the source answers; source.disconnected, job.canceled when `signal` aborts (what the source was at may be done
   *   all the same), job.crashed
   */
  call<C extends SourceCall>(call: C, signal?: AbortSignal): Promise<SourceAnswer<C["kind"]>>;
  /** Tries to connect now instead of later. */
  retry(): void;
  /** Logs out and ends the thread; resolves when it is gone. */
  stop(): Promise<void>;
}

export interface SessionOptions {
  readonly config: SourceConfig;
  /** Asked each time the thread needs it. @throws AppError vault.* */
  secret(): SourceSecret;
  readonly listener: SessionListener;
  /** Another file than workers/source-entry.ts, for tests. */
  readonly entry?: URL | undefined;
}

type Tested = Extract<FromSession, { type: "tested" }>;

/** JavaScript heap of a thread: the inventory of 100,000 machines and then some. */
const HEAP_MB = 512;
/** Time a thread has to log out. */
const GRACE_MS = 3_000;
/** A thread that crashed is started again after so long. */
const CRASHED_MS = 30_000;
/** Longest time a source may take to connect and be tested. */
const TEST_MS = 120_000;

/** Starts the thread of a source, which connects and stays connected until `stop`. */
export function startSession(options: SessionOptions): SessionThread {
  const { listener } = options;
  let stopped = false;
  let restart: NodeJS.Timeout | undefined;
  let lastCall = 0;
  const open = new Map<number, { kind: SourceCall["kind"]; answer: PromiseWithResolvers<unknown> }>();
  const refuseAll = (error: AppError) => {
    for (const { answer } of open.values()) answer.reject(error);
    open.clear();
  };

  const take = (message: FromSession, reply: (message: ToSession) => void) => {
    switch (message.type) {
      case "connecting":
        return listener.connecting();
      case "connected":
        return listener.connected(message.capabilities);
      case "failed":
        return listener.failed(message.error, message.retryInMs);
      case "changes":
        listener.changes(message.changes);
        return reply({ type: "taken" });
      case "log":
        return listener.log(message.level, message.message);
      case "answer":
      case "refused": {
        const waiting = open.get(message.id);
        open.delete(message.id);
        if (message.type === "refused") return waiting?.answer.reject(AppError.fromData(message.error));
        const parsed = SOURCE_ANSWERS[waiting?.kind ?? "power"].safeParse(message.result);
        if (parsed.success) return waiting?.answer.resolve(parsed.data);
        const text = `The source's answer is not as it should be: ${parsed.error.issues[0]?.message}.`;
        return waiting?.answer.reject(new AppError("source.protocol", text, { cause: parsed.error }));
      }
      case "secret-wanted":
      case "tested":
        return;
    }
  };

  const begin = () =>
    startThread(options, false, take, (error) => {
      refuseAll(error);
      if (stopped) return;
      listener.failed(error.toData(), CRASHED_MS);
      restart = setTimeout(() => {
        thread = begin();
      }, CRASHED_MS);
    });
  let thread = begin();

  return {
    async call(call, signal) {
      if (signal?.aborted) throw new AppError("job.canceled");
      lastCall += 1;
      const id = lastCall;
      const answer = Promise.withResolvers<unknown>();
      open.set(id, { kind: call.kind, answer });
      const cancel = () => {
        thread.post({ type: "cancel", id });
        open.delete(id);
        answer.reject(new AppError("job.canceled"));
      };
      signal?.addEventListener("abort", cancel, { once: true });
      thread.post({ type: "call", id, call });
      try {
        return (await answer.promise) as SourceAnswer<(typeof call)["kind"]>;
      } finally {
        signal?.removeEventListener("abort", cancel);
      }
    },
    retry() {
      if (restart !== undefined) {
        clearTimeout(restart);
        restart = undefined;
        thread = begin();
      } else thread.post({ type: "retry" });
    },
    async stop() {
      stopped = true;
      clearTimeout(restart);
      await thread.stop();
      refuseAll(new AppError("source.disconnected"));
    },
  };
}

/**
 * Connects once, tests, and ends.
 * @throws AppError job.canceled, job.crashed, source.unreachable when it takes too long
 */
export async function testSource(options: Omit<SessionOptions, "listener">, signal?: AbortSignal): Promise<Tested> {
  if (signal?.aborted) throw new AppError("job.canceled");
  const outcome = Promise.withResolvers<Tested>();
  const thread = startThread(
    options,
    true,
    (message) => {
      if (message.type === "tested") outcome.resolve(message);
    },
    (error) => outcome.reject(error),
  );
  const cancel = () => outcome.reject(new AppError("job.canceled"));
  signal?.addEventListener("abort", cancel, { once: true });
  const late = setTimeout(
    () => outcome.reject(new AppError("source.unreachable", `The source took longer than ${TEST_MS / 1000} seconds.`)),
    TEST_MS,
  );
  try {
    return await outcome.promise;
  } finally {
    clearTimeout(late);
    signal?.removeEventListener("abort", cancel);
    void thread.stop();
  }
}

interface Thread {
  post(message: ToSession): void;
  stop(): Promise<void>;
}

/** @param died told once, where the thread ended without having been told to */
function startThread(
  { config, secret, entry }: Omit<SessionOptions, "listener">,
  once: boolean,
  take: (message: FromSession, reply: (message: ToSession) => void) => void,
  died: (error: AppError) => void,
): Thread {
  const worker = new Worker(entry ?? sessionEntry(), {
    name: "source",
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  // A source keeps no program alive that wants to end.
  worker.unref();
  const gone = Promise.withResolvers<void>();
  let ending = false;
  let crash: unknown = null;
  const post = (message: ToSession) => worker.postMessage(message);

  worker.on("message", (message: unknown) => {
    const parsed = FromSession.safeParse(message);
    if (!parsed.success) {
      crash = new Error(`it said something unknown: ${parsed.error.issues[0]?.message}`);
      void worker.terminate();
    } else if (parsed.data.type === "secret-wanted") post(secretAnswer(parsed.data.id, secret));
    else if (!ending || once) take(parsed.data, post);
  });
  worker.on("messageerror", (error) => {
    crash = error;
    void worker.terminate();
  });
  worker.on("error", (error) => {
    crash = error;
  });
  worker.on("exit", (code) => {
    gone.resolve();
    if (ending || (once && crash === null && code === 0)) return;
    const why = crash instanceof Error ? crash.message : `exit code ${code}`;
    died(new AppError("job.crashed", `The thread of the source ended unexpectedly: ${why}.`, { cause: crash }));
  });
  post({ type: "start", config, once });
  return {
    post,
    async stop() {
      ending = true;
      post({ type: "stop" });
      const insist = sleep(GRACE_MS, "late" as const, { ref: false });
      if ((await Promise.race([gone.promise, insist])) === "late") await worker.terminate();
    },
  };
}

function secretAnswer(id: number, secret: () => SourceSecret): ToSession {
  try {
    return { type: "secret", id, secret: secret() };
  } catch (thrown) {
    return { type: "no-secret", id, error: AppError.from(thrown).toData() };
  }
}

/** From source the file itself; in a bundle the file `source` that the build puts beside the others. */
function sessionEntry(): URL {
  const here = import.meta.url;
  if (here.endsWith(".ts")) return new URL("../../workers/source-entry.ts", here);
  const root = /\/chunks\/[^/]+$/.test(here) ? "../" : "./";
  return new URL(`${root}source.js`, here);
}
