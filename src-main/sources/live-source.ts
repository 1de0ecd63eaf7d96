/**
 * One source as long as the program knows it: its thread while it is enabled, its state, and its inventory on the way into the
 * database. services/sources.ts decides when it is enabled.
 */
import { AppError } from "../../src-core/model/error.ts";
import type { InventoryChange } from "../../src-core/model/inventory.ts";
import type { Source, SourceConfig, SourceSecret } from "../../src-core/model/source.ts";
import type { SourceAnswer, SourceCall } from "../../src-core/model/source-session.ts";
import { applyChanges, countMachines } from "../db/inventory.ts";
import { machineRows } from "../db/machine-pages.ts";
import type { Db } from "../db/open.ts";
import { nextSourceGeneration, setKnownAt, storedSource } from "../db/sources.ts";
import type { EventHub } from "../jobs/event-hub.ts";
import type { Log } from "../log/log.ts";
import { type Activity, createActivity } from "./activity.ts";
import { createInventoryNews, type News } from "./inventory-news.ts";
import type { SessionListener, SessionThread, startSession } from "./session-thread.ts";

export interface LiveSourceDeps {
  readonly db: Db;
  readonly hub: EventHub;
  readonly log: Log;
  readonly startSession: typeof startSession;
  /** @throws AppError vault.* */
  secret(sourceId: string): SourceSecret;
  now(): number;
}

type Connection = Source["connection"];

export interface LiveSource {
  readonly connection: Connection;
  readonly inventory: Source["inventory"];
  readonly activity: Activity;
  /** Connects with this configuration; a connection there was is given up first. */
  enable(config: SourceConfig): Promise<void>;
  disable(): Promise<void>;
  retry(): void;
  /** @throws AppError source.disconnected while it is disabled; as SessionThread.call */
  call<C extends SourceCall>(call: C, signal?: AbortSignal): Promise<SourceAnswer<C["kind"]>>;
}

/** While connected, what is known is noted as true at least this often. */
const NOTE_EVERY_MS = 30_000;

/** @param changed called after each change of state, to tell it */
export function createLiveSource(deps: LiveSourceDeps, id: string, changed: () => void): LiveSource {
  const { db, hub, log } = deps;
  const at = () => new Date(deps.now()).toISOString();
  const stored = storedSource(db, id);
  const activity = createActivity();
  let thread: SessionThread | null = null;
  let generation = 0;
  let connection = stateOf("disabled");
  let inventory: Source["inventory"] = {
    machineCount: countMachines(db, id),
    knownAt: stored?.knownAt ?? null,
    settled: false,
  };
  let notedAtMs = 0;

  function stateOf(state: Connection["state"], more: Partial<Connection> = {}): Connection {
    return { state, since: at(), error: null, retryAt: null, capabilities: null, ...more };
  }
  const setConnection = (next: Connection) => {
    // Trying again and failing the same way is no news.
    connection = next.state === connection.state ? { ...next, since: connection.since } : next;
    changed();
  };

  /** What is shown is true at this moment. */
  const noteKnown = (soon: boolean) => {
    const nowMs = deps.now();
    inventory = { ...inventory, knownAt: new Date(nowMs).toISOString() };
    if (!soon && nowMs - notedAtMs < NOTE_EVERY_MS) return;
    notedAtMs = nowMs;
    if (inventory.knownAt !== null) setKnownAt(db, id, inventory.knownAt);
  };

  const news = createInventoryNews((told: News) => {
    guarded(() => {
      const { gone, nodesChanged, activityChanged } = told;
      const machines = told.machines === null ? null : machineRows(db, id, told.machines);
      inventory = { ...inventory, machineCount: countMachines(db, id) };
      hub.tell({
        type: "inventory",
        sourceId: id,
        machines,
        gone: [...gone],
        nodesChanged,
        activityChanged,
        inventory,
      });
    });
  });

  /** Called from a thread's message handler, where nobody would catch it: what cannot be stored ends the connection. */
  const guarded = (work: () => void) => {
    try {
      work();
    } catch (thrown) {
      const error = AppError.from(thrown);
      log.error("What a source said could not be kept", { sourceId: id, error });
      void end().then(() => setConnection(stateOf("failed", { error: error.toData() })));
    }
  };

  const take = (changes: readonly InventoryChange[]) => {
    const applied = applyChanges(db, id, generation, changes);
    let active = false;
    for (const change of changes) {
      if (change.type === "event") activity.event(withoutType(change));
      else if (change.type === "task") activity.task(withoutType(change));
      active ||= change.type === "event" || change.type === "task";
    }
    noteKnown(false);
    if (applied.machines.size + applied.gone.size > 0 || applied.nodesChanged) news.add(applied);
    if (active) news.activity();
    if (changes.some(({ type }) => type === "settled")) {
      noteKnown(true);
      news.flush();
      inventory = { ...inventory, machineCount: countMachines(db, id), settled: true };
      changed();
    }
  };

  const listener: SessionListener = {
    connecting() {
      // What it failed with stays to be seen while it is tried again.
      const { error } = connection;
      setConnection(stateOf("connecting", { error: connection.state === "disabled" ? null : error }));
    },
    connected(capabilities) {
      guarded(() => {
        generation = nextSourceGeneration(db, id);
        inventory = { ...inventory, settled: false };
        log.info("A source is connected", { sourceId: id, product: capabilities.product });
        setConnection(stateOf("connected", { capabilities }));
      });
    },
    failed(error, retryInMs) {
      guarded(() => {
        if (connection.state === "connected") noteKnown(true);
        if (connection.error?.code !== error.code) log.warn("A source is not connected", { sourceId: id, error });
        const retryAt = retryInMs === null ? null : new Date(deps.now() + retryInMs).toISOString();
        inventory = { ...inventory, settled: false };
        setConnection(stateOf("failed", { error, retryAt }));
      });
    },
    changes: (changes) => guarded(() => take(changes)),
    log(level, message) {
      if (level === "error") log.error(message, { sourceId: id });
      else if (level === "warning") log.warn(message, { sourceId: id });
      else log.info(message, { sourceId: id });
    },
  };

  /** Enabling and disabling wait for each other: no thread is ever forgotten. */
  let turn = Promise.resolve();
  function inTurn(work: () => Promise<void>): Promise<void> {
    turn = turn.catch(() => {}).then(work);
    return turn;
  }

  async function end(): Promise<void> {
    const ending = thread;
    thread = null;
    news.stop();
    if (connection.state === "connected") noteKnown(true);
    await ending?.stop();
  }

  return {
    get connection() {
      return connection;
    },
    get inventory() {
      return inventory;
    },
    activity,
    enable(config) {
      connection = stateOf("connecting");
      return inTurn(async () => {
        await end();
        const knownAt = storedSource(db, id)?.knownAt ?? null;
        inventory = { machineCount: countMachines(db, id), knownAt, settled: false };
        connection = stateOf("connecting");
        thread = deps.startSession({ config, secret: () => deps.secret(id), listener });
        changed();
      });
    },
    disable: () =>
      inTurn(async () => {
        await end();
        inventory = { ...inventory, settled: false };
        connection = stateOf("disabled");
        changed();
      }),
    retry: () => thread?.retry(),
    async call(call, signal) {
      if (thread === null) throw new AppError("source.disconnected", "The source is disabled.");
      return thread.call(call, signal);
    },
  };
}

function withoutType<T extends { type: string }>({ type: _, ...rest }: T): Omit<T, "type"> {
  return rest;
}
