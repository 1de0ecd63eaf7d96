/** Every call about notification channels, by a client of any transport. */
import type { ContractRouterClient } from "@orpc/contract";
import { expect } from "vitest";
import type { Contract } from "../../../src-core/contract/contract.ts";

/**
 * @param name of its channel, which no other has
 * @param failure what a refused call failed with, as this client sees it
 */
export async function callNotifications(
  { notifications }: ContractRouterClient<Contract>,
  name: string,
  failure: (call: Promise<unknown>) => Promise<{ code: string; status: number; data: { details?: object } }>,
): Promise<void> {
  // Nobody listens there.
  const channel = { name, target: { kind: "webhook" as const, url: "http://127.0.0.1:9/hook" } };
  const { id } = await notifications.create({ channel });
  expect(await failure(notifications.create({ channel }))).toMatchObject({
    code: "channel.duplicate",
    status: 409,
    data: { details: { field: "channel.name" } },
  });
  expect(
    await failure(notifications.create({ channel: { ...channel, name: `${name} again` }, secret: "no key" })),
  ).toMatchObject({
    code: "channel.invalid",
    status: 422,
    data: { details: { field: "secret" } },
  });
  expect(await notifications.update({ id, channel: { ...channel, enabled: false } })).toMatchObject({
    id,
    enabled: false,
    hasSecret: false,
  });
  const sent = await notifications.test({ id });
  expect(sent).toMatchObject({ channelId: id, event: "test", state: "failed" });
  expect((await notifications.list()).find((one) => one.id === id)).toMatchObject({ name, last: { id: sent.id } });
  expect(await notifications.deliveries({ id, limit: 1 })).toEqual([sent]);
  expect(await notifications.remove({ id })).toEqual({ removed: true });
  expect(await failure(notifications.remove({ id }))).toMatchObject({ code: "request.not-found", status: 404 });
}
