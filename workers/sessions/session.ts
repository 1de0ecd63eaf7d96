/**
 * One source for as long as it is enabled: connects, passes its inventory on batch by batch, answers calls, and connects again with
 * growing waits when the connection breaks. Knows no thread: messages go to a function and come in by `take`.
 */
import { AppError } from "../../src-core/model/error.ts";
import type { SourceConfig, SourceSecret } from "../../src-core/model/source.ts";
import type { FromSession, SourceCall, ToSession } from "../../src-core/model/source-session.ts";
import type { Connection, Provider, ProviderContext } from "../providers/provider.ts";
import { answerCall } from "./answer-call.ts";
import { GOOD_MS, retryDelay } from "./back-off.ts";

export interface SessionDeps {
  post(message: FromSession): void;
  load(kind: SourceConfig["kind"]): Promise<Provider>;
  /** Milliseconds, monotonic. */
  now(): number;
  /** Ends early, without an error, when `signal` aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** 0 to 1. */
  random(): number;
}

export interface Session {
  take(message: ToSession): void;
  /** Resolves once all is ended and closed, after `stop` or, where it runs once, after its last word. */
  readonly ended: Promise<void>;
}

/** Batches of changes that main may be behind. */
const AHEAD = 4;

export function createSession(deps: SessionDeps): Session {
  const { post } = deps;
  const stopped = new AbortController();
  const { signal } = stopped;
  const ended = Promise.withResolvers<void>();
  const secrets = new Map<number, PromiseWithResolvers<SourceSecret>>();
  const calls = new Map<number, AbortController>();
  let lastSecret = 0;
  let connection: Connection | null = null;
  let retry = new AbortController();
  let ahead = 0;
  let mayTell = Promise.withResolvers<void>();

  const context: ProviderContext = {
    signal,
    secret() {
      lastSecret += 1;
      const asked = Promise.withResolvers<SourceSecret>();
      secrets.set(lastSecret, asked);
      post({ type: "secret-wanted", id: lastSecret });
      return asked.promise;
    },
    log: (level, message) => post({ type: "log", level, message: message.slice(0, 4000) }),
    now: deps.now,
    async sleep(ms) {
      await deps.wait(ms, signal);
      if (signal.aborted) throw new AppError("job.canceled");
    },
  };

  /** Passes the inventory on until the connection breaks. Throws always, but for `stop`. */
  async function watch(connected: Connection): Promise<void> {
    for await (const changes of connected.inventory(signal)) {
      if (changes.length === 0) continue;
      ahead += 1;
      post({ type: "changes", changes: [...changes] });
      // Who listens too slowly is not flooded.
      while (ahead >= AHEAD && !signal.aborted) await mayTell.promise;
    }
    if (!signal.aborted) throw new AppError("source.lost", "The source ended its stream of changes.");
  }

  async function keepConnected(config: SourceConfig): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      let connectedAtMs: number | null = null;
      post({ type: "connecting" });
      try {
        const provider = await deps.load(config.kind);
        connection = await provider.connect(config, context);
        connectedAtMs = deps.now();
        ahead = 0;
        post({ type: "connected", capabilities: connection.capabilities });
        await watch(connection);
      } catch (thrown) {
        if (signal.aborted) return;
        const error = AppError.from(thrown);
        if (error.code === "internal.bug" && thrown instanceof Error) {
          context.log("error", thrown.stack ?? thrown.message);
        }
        failures = connectedAtMs !== null && deps.now() - connectedAtMs >= GOOD_MS ? 1 : failures + 1;
        const retryInMs = retryDelay(error.code, failures, deps.random());
        retry = new AbortController();
        await disconnect();
        post({ type: "failed", error: error.toData(), retryInMs });
        await deps.wait(retryInMs ?? Number.POSITIVE_INFINITY, AbortSignal.any([signal, retry.signal]));
        if (retry.signal.aborted) failures = 0;
      }
    }
  }

  async function testOnce(config: SourceConfig): Promise<void> {
    try {
      connection = await (await deps.load(config.kind)).connect(config, context);
      const checks = [...(await connection.test())];
      post({ type: "tested", error: null, capabilities: connection.capabilities, checks });
    } catch (thrown) {
      const capabilities = connection?.capabilities ?? null;
      post({ type: "tested", error: AppError.from(thrown).toData(), capabilities, checks: [] });
    }
  }

  async function disconnect(): Promise<void> {
    const closing = connection;
    connection = null;
    for (const call of calls.values()) call.abort();
    await closing?.close();
  }

  async function run(config: SourceConfig, once: boolean): Promise<void> {
    try {
      await (once ? testOnce(config) : keepConnected(config));
    } finally {
      await disconnect();
      for (const asked of secrets.values()) asked.reject(new AppError("job.canceled"));
      ended.resolve();
    }
  }

  async function call(id: number, asked: SourceCall): Promise<void> {
    const canceled = new AbortController();
    calls.set(id, canceled);
    try {
      if (connection === null) throw new AppError("source.disconnected");
      const result = await answerCall(connection, asked, AbortSignal.any([signal, canceled.signal]));
      post({ type: "answer", id, result });
    } catch (thrown) {
      post({ type: "refused", id, error: AppError.from(thrown).toData() });
    } finally {
      calls.delete(id);
    }
  }

  return {
    ended: ended.promise,
    take(message) {
      switch (message.type) {
        case "start":
          void run(message.config, message.once);
          return;
        case "call":
          void call(message.id, message.call);
          return;
        case "cancel":
          calls.get(message.id)?.abort();
          return;
        case "secret":
          secrets.get(message.id)?.resolve(message.secret);
          secrets.delete(message.id);
          return;
        case "no-secret":
          secrets.get(message.id)?.reject(AppError.fromData(message.error));
          secrets.delete(message.id);
          return;
        case "taken":
          ahead = Math.max(0, ahead - 1);
          mayTell.resolve();
          mayTell = Promise.withResolvers();
          return;
        case "retry":
          retry.abort();
          return;
        case "stop":
          stopped.abort();
          mayTell.resolve();
          for (const asked of secrets.values()) asked.reject(new AppError("job.canceled"));
          return;
      }
    },
  };
}
