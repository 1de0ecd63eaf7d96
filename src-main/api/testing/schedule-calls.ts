/** Every call about schedules and their runs, by a client of any transport, on a disk inside of a library. */
import type { ContractRouterClient } from "@orpc/contract";
import { expect } from "vitest";
import type { Contract } from "../../../src-core/contract/contract.ts";

/** @param failure what a refused call failed with, as this client sees it */
export async function callSchedules(
  client: ContractRouterClient<Contract>,
  disk: string,
  failure: (call: Promise<unknown>) => Promise<{ code: string; status: number; data: { details?: object } }>,
): Promise<void> {
  const work = { kind: "job" as const, request: { kind: "check" as const, path: disk, format: "raw" as const } };
  const when = { kind: "cron" as const, expression: "0 2 * * *" };
  const definition = { name: `Nightly ${disk}`, work, when, zone: "Europe/Berlin" };

  expect(await client.schedules.validate({ definition })).toMatchObject({
    problems: [],
    words: expect.stringContaining("Every day at 02:00 in Berlin"),
    workWords: `Checks ${disk}.`,
    next: { length: 10 },
  });
  expect(await client.schedules.validate({ definition: { ...definition, when: 7 } })).toMatchObject({
    problems: [{ field: "when", fatal: true }],
    words: null,
  });
  const { id, changedAt } = await client.schedules.create({ definition });
  expect(await failure(client.schedules.create({ definition }))).toMatchObject({
    code: "schedule.duplicate",
    status: 409,
    data: { details: { field: "name" } },
  });
  expect((await client.schedules.list()).map((row) => row.id)).toContain(id);
  expect(await client.schedules.get({ id })).toMatchObject({ name: definition.name, row: { id, recent: [] } });
  const later = { ...definition, when: { ...when, expression: "0 3 * * *" } };
  expect(await client.schedules.update({ id, definition: later, changedAt })).toMatchObject({ when: later.when });
  expect(await failure(client.schedules.update({ id, definition, changedAt }))).toMatchObject({
    code: "state.conflict",
    status: 409,
  });

  expect(await client.schedules.setEnabled({ id, enabled: false })).toMatchObject({ enabled: false });
  expect(await client.schedules.setEnabled({ id, enabled: true })).toMatchObject({ enabled: true });
  expect(await client.schedules.pause({ id, reason: "why not" })).toMatchObject({ pause: { untilAt: null } });
  expect(await client.schedules.resume({ id })).toMatchObject({ pause: null });
  expect(await client.schedules.pauseAll({})).toMatchObject({ pause: { reason: "" } });
  expect(await client.schedules.resumeAll()).toMatchObject({ pause: null });
  expect(await client.schedules.status()).toMatchObject({ pause: null, now: expect.any(String) });

  const child = `child-${id}`;
  const after = { ...definition, name: `After ${disk}`, when: { kind: "after" as const } };
  const made = { kind: "create" as const, id: child, definition: { ...after, dependencies: [{ parentId: id }] } };
  expect((await client.schedules.apply({ changes: [made] })).schedules).toMatchObject([{ id: child }]);
  const circle = { kind: "connect" as const, id, dependencies: [{ parentId: child }] };
  expect(await failure(client.schedules.apply({ changes: [circle] }))).toMatchObject({
    code: "schedule.cycle",
    status: 422,
    data: { details: { ids: expect.stringContaining(child) } },
  });
  const off = { kind: "enable" as const, id, enabled: false };
  // Its own and those of the one that comes after it.
  const what = await client.schedules.whatIf({ changes: [off], days: 3 });
  expect(what).toMatchObject({ total: 6, words: "This change moves no runs, adds none and removes 6." });
  expect(await client.schedules.simulate({ days: 3, scheduleIds: [id] })).toMatchObject({ total: 3, shades: [] });
  expect((await client.schedules.simulate({ days: 3, scheduleIds: [id], changes: [off] })).total).toBe(0);

  const { text } = await client.schedules.exportFile({ format: "json", ids: `${id},${child}` });
  expect(await client.schedules.importFile({ text })).toMatchObject({
    created: [],
    changed: [],
    unchanged: [child, id],
  });
  const wrong = text.replace("Europe/Berlin", "Europe/Atlantis");
  expect((await client.schedules.importFile({ text: wrong, dryRun: true })).problems).toMatchObject([
    { field: "schedules.0.zone" },
  ]);
  expect(await failure(client.schedules.importFile({ text: wrong }))).toMatchObject({
    code: "schedule.invalid",
    data: { details: { field: "schedules.0.zone" } },
  });
  const day =
    "BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Freeze\r\nDTSTART;VALUE=DATE:20971224\r\nDTEND;VALUE=DATE:20971227\r\nEND:VEVENT";
  const calendar = `BEGIN:VCALENDAR\r\nVERSION:2.0\r\n${day}\r\nEND:VCALENDAR\r\n`;
  expect((await client.schedules.blackoutsFromCalendar({ text: calendar })).blackouts).toMatchObject([
    { kind: "range", name: "Freeze", from: "2097-12-24T00:00", to: "2097-12-27T00:00" },
  ]);
  expect(await failure(client.schedules.blackoutsFromCalendar({ text: "no calendar" }))).toMatchObject({
    code: "calendar.invalid",
    status: 422,
  });

  const run = await client.schedules.runNow({ id });
  expect(run).toMatchObject({ scheduleId: id, byHand: true });
  const get = () => client.scheduledRuns.get({ id: run.id });
  await expect.poll(async () => (await get()).state, { timeout: 30_000 }).toBe("succeeded");
  const whole = await get();
  expect(whole).toMatchObject({ runs: [{ scheduledRunId: run.id }], childRunIds: { length: 1 }, parentRunIds: [] });
  expect((await client.scheduledRuns.list({ scheduleId: child })).items).toMatchObject([{ firingId: run.firingId }]);
  expect((await client.runs.list({ scheduledRunId: run.id })).items.map((job) => job.id)).toEqual(whole.runIds);
  const log = await client.scheduledRuns.log({ id: run.id });
  expect(log.map(({ at }) => at)).toEqual(log.map(({ at }) => at).toSorted());
  expect(new Set(log.map(({ runId }) => runId))).toEqual(new Set([null, whole.runIds[0]]));
  const over = { code: "state.conflict", status: 409 };
  for (const act of ["cancel", "pause", "resume", "retry"] as const) {
    expect(await failure(client.scheduledRuns[act]({ id: run.id })), act).toMatchObject(over);
  }

  expect(await failure(client.schedules.remove({ id }))).toMatchObject(over);
  expect(await client.schedules.remove({ id: child })).toEqual({ removed: true });
  expect(await client.schedules.remove({ id })).toEqual({ removed: true });
  expect(await failure(client.schedules.get({ id }))).toMatchObject({ code: "request.not-found", status: 404 });
}
