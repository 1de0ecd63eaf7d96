/** Sessions of sources without threads: a test says what becomes of them, and sees what was asked. */
import { AppError } from "../../../src-core/model/error.ts";
import type { Capabilities, SourceConfig, SourceSecret } from "../../../src-core/model/source.ts";
import type { FromSession, SourceCall } from "../../../src-core/model/source-session.ts";
import type { SessionListener, startSession, testSource } from "../../sources/session-thread.ts";

export const CAPABILITIES: Capabilities = {
  power: true,
  snapshots: true,
  quiesce: false,
  changedBlocks: false,
  product: "Fake",
  version: "1",
};

export interface FakeSession {
  readonly config: SourceConfig;
  readonly listener: SessionListener;
  secret(): SourceSecret;
  readonly calls: SourceCall[];
  retries: number;
  stopped: boolean;
}

export interface FakeSessions {
  readonly started: FakeSession[];
  readonly tested: { config: SourceConfig; secret: SourceSecret }[];
  readonly startSession: typeof startSession;
  readonly testSource: typeof testSource;
  /** What a test comes to. */
  outcome: Omit<Extract<FromSession, { type: "tested" }>, "type">;
  /** What calls are answered. */
  answer(call: SourceCall): unknown;
}

export function fakeSessions(): FakeSessions {
  const started: FakeSession[] = [];
  const tested: { config: SourceConfig; secret: SourceSecret }[] = [];
  const sessions: FakeSessions = {
    started,
    tested,
    outcome: { error: null, capabilities: CAPABILITIES, checks: [] },
    answer: () => {
      throw new AppError("source.unsupported");
    },
    startSession: ({ config, secret, listener }) => {
      const session: FakeSession = { config, listener, secret, calls: [], retries: 0, stopped: false };
      started.push(session);
      return {
        async call(call) {
          session.calls.push(call);
          return sessions.answer(call) as never;
        },
        retry() {
          session.retries += 1;
        },
        async stop() {
          session.stopped = true;
        },
      };
    },
    testSource: async ({ config, secret }) => {
      tested.push({ config, secret: secret() });
      return { type: "tested", ...sessions.outcome };
    },
  };
  return sessions;
}
