/** The stream of what there is: everything once, in batches, then whatever changes, as libvirt's events say. */
import { AppError } from "../../../src-core/model/error.ts";
import type { InventoryChange } from "../../../src-core/model/inventory.ts";
import { clip, INVENTORY_COUNT, INVENTORY_TEXT } from "../../../src-core/model/inventory-limits.ts";
import { type Daemon, findDomain, uuidText } from "./daemon.ts";
import { machineRow, readMachine } from "./machine-row.ts";
import { type Places, readPlaces } from "./places.ts";
import { eventSubject, type RpcEvent } from "./rpc/client.ts";
import { CALL, type DomainRef, EVENT } from "./rpc/procedures.ts";
import { decode } from "./rpc/xdr.ts";

/** Machines read at a time: each takes a handful of calls. */
const BATCH = 64;
/** Events that come together are answered together. */
const GATHER_MS = 100;
/** With more machines waiting to be read again, all are. */
const MAX_DIRTY = INVENTORY_COUNT.entries;

/** virDomainEventType, for people; what is not here is not told. */
const HAPPENED: Readonly<Record<number, { words: string; severity: "info" | "warning" | "error" }>> = {
  0: { words: "was defined or changed", severity: "info" },
  1: { words: "was removed", severity: "info" },
  2: { words: "was started", severity: "info" },
  3: { words: "was paused", severity: "info" },
  4: { words: "was resumed", severity: "info" },
  5: { words: "was stopped", severity: "info" },
  8: { words: "crashed", severity: "error" },
};

/** @throws AppError source.lost, source.protocol */
export async function* watchInventory(
  daemon: Daemon,
  signal: AbortSignal,
  sleep: (ms: number) => Promise<void>,
): AsyncIterable<readonly InventoryChange[]> {
  const news = collectNews(daemon);
  const stop = Promise.withResolvers<"stop">();
  const abort = () => stop.resolve("stop");
  signal.addEventListener("abort", abort, { once: true });
  try {
    if (signal.aborted) return;
    await subscribe(daemon);
    let places = await readPlaces(daemon);
    let told = new Set(places.nodes.map(({ id }) => id));
    for (let at = 0; at < places.nodes.length; at += INVENTORY_COUNT.batch) {
      yield places.nodes.slice(at, at + INVENTORY_COUNT.batch).map((node) => ({ type: "node", node }));
    }
    const { domains } = await daemon.machines.call(CALL.listDomains, { needResults: 1, flags: 0 }, "the machines");
    for (let at = 0; at < domains.length && !signal.aborted; at += BATCH) {
      yield (await Promise.all(domains.slice(at, at + BATCH).map((ref) => rowOf(daemon, ref, places)))).flat();
    }
    if (signal.aborted) return;
    yield [{ type: "settled" }];
    while (!signal.aborted) {
      const end = await Promise.race([news.some(), stop.promise, daemon.machines.ended]);
      if (end === "stop") return;
      if (end instanceof AppError) throw end;
      await Promise.race([sleep(GATHER_MS), stop.promise]);
      const { events, machines, placesChanged } = news.take();
      const changes: InventoryChange[] = [...events];
      if (placesChanged) {
        places = await readPlaces(daemon);
        const now = new Set(places.nodes.map(({ id }) => id));
        changes.push(...places.nodes.map((node) => ({ type: "node" as const, node })));
        changes.push(...[...told].filter((id) => !now.has(id)).map((id) => ({ type: "gone" as const, id })));
        told = now;
      }
      for (let at = 0; at < machines.length; at += BATCH) {
        const read = machines.slice(at, at + BATCH).map((id) => rowById(daemon, id, places));
        changes.push(...(await Promise.all(read)).flat());
      }
      for (let at = 0; at < changes.length; at += INVENTORY_COUNT.batch) {
        yield changes.slice(at, at + INVENTORY_COUNT.batch);
      }
    }
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** What a daemon does not tell of (an old one, or one without storage) is not asked for twice. */
async function subscribe({ machines, storage, networks }: Daemon): Promise<void> {
  await machines.call(CALL.watchDomains, { event: EVENT.lifecycle.watch, domain: null }, "events of machines");
  const optional: Promise<unknown>[] = [EVENT.agent, EVENT.deviceAdded, EVENT.deviceRemoved, EVENT.metadata].map(
    ({ watch }) => machines.call(CALL.watchDomains, { event: watch, domain: null }, "events of machines"),
  );
  if (storage !== null) {
    for (const { watch } of [EVENT.pool, EVENT.poolRefresh]) {
      optional.push(storage.call(CALL.watchPools, { event: watch, pool: null }, "events of pools"));
    }
  }
  if (networks !== null) {
    optional.push(
      networks.call(CALL.watchNetworks, { event: EVENT.network.watch, network: null }, "events of networks"),
    );
  }
  await Promise.allSettled(optional);
}

function collectNews({ machines, storage, networks }: Daemon) {
  let events: InventoryChange[] = [];
  let dirty = new Set<string>();
  let placesChanged = false;
  let wake: () => void = () => {};
  const receive = (event: RpcEvent) => {
    const subject = eventSubject(event);
    if (subject === null) return;
    if (subject.kind === "network" || subject.kind === "pool" || subject.kind === "poolRefresh") placesChanged = true;
    else {
      const { domain } = decode(EVENT[subject.kind].type, subject.payload, true);
      const id = uuidText(domain.uuid);
      if (dirty.size < MAX_DIRTY) dirty.add(id);
      if (subject.kind === "lifecycle") {
        const happened = HAPPENED[decode(EVENT.lifecycle.type, subject.payload, true).event];
        if (happened !== undefined && events.length < INVENTORY_COUNT.batch) {
          const message = clip(`${domain.name} ${happened.words}`, INVENTORY_TEXT.message);
          events.push({
            type: "event",
            at: new Date().toISOString(),
            severity: happened.severity,
            machineId: id,
            message,
          });
        }
      }
    }
    wake();
  };
  for (const rpc of new Set([machines, storage, networks])) rpc?.onEvent(receive);
  return {
    /** Resolves once there is something. */
    some(): Promise<"some"> {
      return new Promise((resolve) => {
        wake = () => resolve("some");
        if (events.length > 0 || dirty.size > 0 || placesChanged) wake();
      });
    },
    take() {
      const taken = { events, machines: [...dirty], placesChanged };
      events = [];
      dirty = new Set();
      placesChanged = false;
      return taken;
    },
  };
}

/** A machine's row; that it is gone when it went meanwhile. A machine whose description is damaged is left out, with an event. */
async function rowOf(daemon: Daemon, ref: DomainRef, { pools }: Places): Promise<InventoryChange[]> {
  const id = uuidText(ref.uuid);
  try {
    return [{ type: "machine", machine: machineRow(await readMachine(daemon, ref), pools) }];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === "source.no-machine") return [{ type: "gone", id }];
    if (error.code === "source.lost") throw error;
    const message = clip(error.message, INVENTORY_TEXT.message);
    return [{ type: "event", at: new Date().toISOString(), severity: "error", machineId: id, message }];
  }
}

async function rowById(daemon: Daemon, id: string, places: Places): Promise<InventoryChange[]> {
  try {
    return await rowOf(daemon, await findDomain(daemon.machines, id), places);
  } catch (error) {
    if (error instanceof AppError && error.code === "source.no-machine") return [{ type: "gone", id }];
    throw error;
  }
}
