/** The contract's calls, each handed to its service. What is not here does not exist in the window, the socket or REST. */
import { implement, withEventMeta } from "@orpc/server";
import { contract } from "../../src-core/contract/contract.ts";
import type { ApiContext } from "./context.ts";

const api = implement(contract).$context<ApiContext>();

export const router = api.router({
  system: {
    info: api.system.info.handler(({ context }) => context.services.system.info()),
    pause: api.system.pause.handler(({ context }) => context.services.system.setPaused(true)),
    resume: api.system.resume.handler(({ context }) => context.services.system.setPaused(false)),
    calibration: api.system.calibration.handler(({ context }) => context.services.runs.calibration()),
    folder: api.system.folder.handler(({ context, input }) => context.services.system.folder(input.path)),
    pickFolder: api.system.pickFolder.handler(async ({ context }) => ({
      path: await context.services.system.pickFolder(),
    })),
  },
  settings: {
    get: api.settings.get.handler(({ context }) => context.services.settings.get()),
    update: api.settings.update.handler(({ context, input }) => context.services.settings.update(input)),
  },
  tokens: {
    list: api.tokens.list.handler(({ context }) => context.services.tokens.list()),
    create: api.tokens.create.handler(({ context, input }) => context.services.tokens.create(input.label)),
    revoke: api.tokens.revoke.handler(({ context, input }) => {
      context.services.tokens.revoke(input.id);
      return { revoked: true };
    }),
  },
  session: {
    createCode: api.session.createCode.handler(({ context }) => context.services.signInUrl()),
  },
  libraries: {
    list: api.libraries.list.handler(({ context }) => context.services.libraries.list()),
    add: api.libraries.add.handler(({ context, input }) => context.services.libraries.add(input.path)),
    remove: api.libraries.remove.handler(({ context, input }) => {
      context.services.libraries.remove(input.id);
      return { removed: true };
    }),
    rescan: api.libraries.rescan.handler(({ context, input }) => context.services.libraries.rescan(input.id)),
    items: api.libraries.items.handler(({ context, input }) => context.services.libraries.items(input)),
  },
  disks: {
    inspect: api.disks.inspect.handler(({ context, input, signal }) => context.services.disks.inspect(input, signal)),
    map: api.disks.map.handler(({ context, input, signal }) => context.services.disks.map(input, signal)),
    extents: api.disks.extents.handler(({ context, input, signal }) => context.services.disks.extents(input, signal)),
    check: api.disks.check.handler(({ context, input: { idempotencyKey, ...asked } }) =>
      context.services.jobs.start({ kind: "check", ...asked }, idempotencyKey),
    ),
    compare: api.disks.compare.handler(({ context, input: { idempotencyKey, ...asked } }) =>
      context.services.jobs.start({ kind: "compare", ...asked }, idempotencyKey),
    ),
  },
  jobs: {
    plan: api.jobs.plan.handler(({ context, input, signal }) => context.services.conversions.plan(input, signal)),
    start: api.jobs.start.handler(({ context, input }) =>
      context.services.jobs.start(input.request, input.idempotencyKey),
    ),
  },
  runs: {
    list: api.runs.list.handler(({ context, input }) => context.services.runs.list(input)),
    get: api.runs.get.handler(({ context, input }) => context.services.runs.get(input.id)),
    cancel: api.runs.cancel.handler(({ context, input }) => context.services.runs.cancel(input.id)),
    retry: api.runs.retry.handler(({ context, input }) => context.services.jobs.retry(input.id)),
    pause: api.runs.pause.handler(({ context, input }) => context.services.runs.pause(input.id)),
    resume: api.runs.resume.handler(({ context, input }) => context.services.runs.resume(input.id)),
    setLimit: api.runs.setLimit.handler(({ context, input }) =>
      context.services.runs.setLimit(input.id, input.maxBytesPerSecond),
    ),
    remove: api.runs.remove.handler(({ context, input }) => {
      context.services.runs.remove(input.id);
      return { removed: true };
    }),
    log: api.runs.log.handler(({ context, input }) => context.services.runs.log(input.id, input.after, input.limit)),
    samples: api.runs.samples.handler(({ context, input }) => context.services.runs.samples(input.id)),
    reveal: api.runs.reveal.handler(async ({ context, input }) => {
      await context.services.runs.reveal(input.id);
      return { shown: true };
    }),
  },
  sources: {
    list: api.sources.list.handler(({ context }) => context.services.sources.list()),
    get: api.sources.get.handler(({ context, input }) => context.services.sources.get(input.id)),
    kinds: api.sources.kinds.handler(({ context }) => context.services.system.sourceKinds()),
    test: api.sources.test.handler(({ context, input, signal }) => context.services.sources.test(input, signal)),
    add: api.sources.add.handler(({ context, input, signal }) => context.services.sources.add(input, signal)),
    edit: api.sources.edit.handler(({ context, input: { id, ...edit }, signal }) =>
      context.services.sources.edit(id, edit, signal),
    ),
    enable: api.sources.enable.handler(({ context, input }) => context.services.sources.setEnabled(input.id, true)),
    disable: api.sources.disable.handler(({ context, input }) => context.services.sources.setEnabled(input.id, false)),
    reconnect: api.sources.reconnect.handler(({ context, input }) => context.services.sources.reconnect(input.id)),
    remove: api.sources.remove.handler(async ({ context, input }) => {
      await context.services.sources.remove(input.id);
      return { removed: true };
    }),
    leftovers: api.sources.leftovers.handler(({ context, input, signal }) =>
      context.services.inventory.leftovers(input.id, signal),
    ),
    removeLeftover: api.sources.removeLeftover.handler(async ({ context, input, signal }) => {
      await context.services.inventory.removeLeftover(input.id, input.leftoverId, signal);
      return { removed: true };
    }),
  },
  exports: {
    plan: api.exports.plan.handler(({ context, input, signal }) => context.services.exports.plan(input, signal)),
    start: api.exports.start.handler(({ context, input: { idempotencyKey, ...asked } }) =>
      context.services.exports.start(asked, idempotencyKey),
    ),
  },
  inventory: {
    nodes: api.inventory.nodes.handler(({ context, input }) => context.services.inventory.nodes(input.id)),
    machines: api.inventory.machines.handler(({ context, input }) => context.services.inventory.machines(input)),
    machine: api.inventory.machine.handler(({ context, input, signal }) =>
      context.services.inventory.machine(input.id, input.machineId, signal),
    ),
    power: api.inventory.power.handler(async ({ context, input, signal }) => {
      await context.services.inventory.power(input.id, input.machineId, input.action, signal);
      return { done: true };
    }),
    createSnapshot: api.inventory.createSnapshot.handler(async ({ context, input: { id, ...options }, signal }) => ({
      snapshotId: await context.services.inventory.createSnapshot(id, options, signal),
    })),
    removeSnapshot: api.inventory.removeSnapshot.handler(async ({ context, input, signal }) => {
      await context.services.inventory.snapshot(input.id, "remove", input.machineId, input.snapshotId, signal);
      return { done: true };
    }),
    revertSnapshot: api.inventory.revertSnapshot.handler(async ({ context, input, signal }) => {
      await context.services.inventory.snapshot(input.id, "revert", input.machineId, input.snapshotId, signal);
      return { done: true };
    }),
    events: api.inventory.events.handler(({ context, input }) => context.services.inventory.events(input.id)),
    tasks: api.inventory.tasks.handler(({ context, input }) => context.services.inventory.tasks(input.id)),
  },
  schedules: {
    list: api.schedules.list.handler(({ context }) => context.services.schedules.list()),
    status: api.schedules.status.handler(({ context }) => context.services.schedules.status()),
    get: api.schedules.get.handler(({ context, input }) => context.services.schedules.get(input.id)),
    create: api.schedules.create.handler(({ context, input }) =>
      context.services.schedules.create(input.definition, input.enabled),
    ),
    update: api.schedules.update.handler(({ context, input }) =>
      context.services.schedules.update(input.id, input.definition, input.changedAt),
    ),
    setEnabled: api.schedules.setEnabled.handler(({ context, input }) =>
      context.services.schedules.setEnabled(input.id, input.enabled),
    ),
    remove: api.schedules.remove.handler(({ context, input }) => {
      context.services.schedules.remove(input.id, input.detach);
      return { removed: true };
    }),
    pause: api.schedules.pause.handler(({ context, input: { id, ...request } }) =>
      context.services.schedules.pause(id, request),
    ),
    resume: api.schedules.resume.handler(({ context, input }) => context.services.schedules.resume(input.id)),
    pauseAll: api.schedules.pauseAll.handler(({ context, input }) => context.services.schedules.pauseAll(input)),
    resumeAll: api.schedules.resumeAll.handler(({ context }) => context.services.schedules.resumeAll()),
    runNow: api.schedules.runNow.handler(({ context, input: { id, ...how } }) =>
      context.services.schedules.runNow(id, how),
    ),
    validate: api.schedules.validate.handler(({ context, input }) =>
      context.services.schedules.validate(input.definition, input.id ?? null),
    ),
    apply: api.schedules.apply.handler(({ context, input }) => ({
      schedules: context.services.schedules.apply(input.changes),
    })),
    whatIf: api.schedules.whatIf.handler(({ context, input }) =>
      context.services.schedules.whatIf(input.changes, input.days),
    ),
    simulate: api.schedules.simulate.handler(({ context, input: { changes, days, fromAt, scheduleIds } }) =>
      context.services.schedules.simulate({ changes, days, fromAt: fromAt ?? null, scheduleIds: scheduleIds ?? null }),
    ),
    blackoutsFromCalendar: api.schedules.blackoutsFromCalendar.handler(async ({ context, input }) => {
      const { blackouts, leftOut } = await context.services.schedules.blackoutsFromCalendar(input.text);
      return { blackouts: [...blackouts], leftOut: [...leftOut] };
    }),
    exportFile: api.schedules.exportFile.handler(async ({ context, input }) => ({
      text: await context.services.schedules.exportFile(input.format, input.ids?.split(",") ?? null),
    })),
    importFile: api.schedules.importFile.handler(({ context, input }) =>
      context.services.schedules.importFile(input.text, input.dryRun),
    ),
  },
  scheduledRuns: {
    list: api.scheduledRuns.list.handler(({ context, input }) => context.services.scheduledRuns.list(input)),
    get: api.scheduledRuns.get.handler(({ context, input }) => context.services.scheduledRuns.get(input.id)),
    cancel: api.scheduledRuns.cancel.handler(({ context, input }) => context.services.scheduledRuns.cancel(input.id)),
    pause: api.scheduledRuns.pause.handler(({ context, input }) => context.services.scheduledRuns.pause(input.id)),
    resume: api.scheduledRuns.resume.handler(({ context, input }) => context.services.scheduledRuns.resume(input.id)),
    retry: api.scheduledRuns.retry.handler(({ context, input }) => context.services.scheduledRuns.retry(input.id)),
    log: api.scheduledRuns.log.handler(({ context, input }) => context.services.scheduledRuns.log(input.id)),
  },
  views: {
    list: api.views.list.handler(({ context }) => context.services.inventory.views()),
    save: api.views.save.handler(({ context, input }) => context.services.inventory.saveView(input)),
    remove: api.views.remove.handler(({ context, input }) => {
      context.services.inventory.removeView(input.id);
      return { removed: true };
    }),
  },
  cost: {
    estimate: api.cost.estimate.handler(
      async ({ context, input, signal }) => (await context.services.cost.ask("estimate", input, signal)).answer,
    ),
    compare: api.cost.compare.handler(async ({ context, input, signal }) => {
      const { answer, currency } = await context.services.cost.ask("compare", input, signal);
      return { rows: answer, currency };
    }),
    project: api.cost.project.handler(async ({ context, input, signal }) => {
      const { answer, currency } = await context.services.cost.ask("project", input, signal);
      return { ...answer, currency };
    }),
    quote: api.cost.quote.handler(async ({ context, input, signal }) => {
      const { answer, currency } = await context.services.cost.ask("quote", input, signal);
      return { ...answer, currency };
    }),
    check: api.cost.check.handler(async ({ context, input, signal }) => {
      const { answer, currency } = await context.services.cost.ask("check", input, signal);
      return { ...answer, currency };
    }),
    recommend: api.cost.recommend.handler(async ({ context, input, signal }) => {
      const { answer, currency } = await context.services.cost.ask("recommend", input, signal);
      return { ...answer, currency };
    }),
    lifecycle: api.cost.lifecycle.handler(
      async ({ context, input, signal }) => (await context.services.cost.ask("lifecycle", input, signal)).answer,
    ),
    whatIf: api.cost.whatIf.handler(async ({ context, input, signal }) => {
      const { answer, currency } = await context.services.cost.ask("whatIf", input, signal);
      return { ...answer, currency };
    }),
    carbon: api.cost.carbon.handler(
      async ({ context, input, signal }) => (await context.services.cost.ask("carbon", input, signal)).answer,
    ),
    size: api.cost.size.handler(async function* ({ context, input, signal }) {
      yield* context.services.exportSize.estimate(input, signal);
    }),
    sizeHistory: api.cost.sizeHistory.handler(({ context }) => context.services.exportSize.history()),
    book: api.cost.book.handler(({ context }) => context.services.cost.info()),
    bookDocument: api.cost.bookDocument.handler(({ context }) => context.services.cost.document()),
    bookDiff: api.cost.bookDiff.handler(({ context, input }) => context.services.cost.diff(input.before, input.after)),
    importBook: api.cost.importBook.handler(({ context, input }) =>
      context.services.cost.importBook(input.path, input.unsigned),
    ),
    refresh: api.cost.refresh.handler(({ context, input, signal }) =>
      context.services.cost.refresh(input.providers, signal),
    ),
    overrides: api.cost.overrides.handler(({ context }) => context.services.cost.overrides()),
    setOverrides: api.cost.setOverrides.handler(({ context, input }) => context.services.cost.setOverrides(input)),
  },
  events: {
    stream: api.events.stream.handler(async function* ({ context, signal, lastEventId }) {
      const { hub } = context.services;
      const never = new AbortController().signal;
      for await (const { id, event } of hub.stream(eventId(lastEventId ?? context.after), signal ?? never)) {
        yield id === null ? event : withEventMeta({ ...event }, { id: String(id) });
      }
    }),
  },
});

/** The id to resume after; null (from now on) where none or no number was given. */
function eventId(text: string | undefined): number | null {
  if (text === undefined || !/^\d{1,15}$/.test(text)) return null;
  return Number(text);
}
