import { describe, expect, it } from "vitest";
import type { Channel } from "../../../src-core/model/notification.ts";
import { signingKey } from "../../../src-main/notifications/signature.ts";
import {
  type ChannelForm,
  channelErrors,
  channelInput,
  EMPTY_CHANNEL,
  formOfChannel,
  newSigningKey,
  refusedField,
} from "./channel-form.ts";
import { deliveryWords, rulesWords, targetWords } from "./channel-words.ts";

const MAIL: ChannelForm = {
  ...EMPTY_CHANNEL,
  name: "Ops",
  host: "smtp.example.com",
  from: "a@example.com",
  to: "b@example.com, C <c@example.com>",
};
const HOOK: ChannelForm = {
  ...EMPTY_CHANNEL,
  kind: "webhook",
  name: "Hook",
  url: "https://hooks.example.com/a?token=b",
};

const channelOf = (form: ChannelForm, hasSecret: boolean): Channel => ({
  ...channelInput(form, null).channel,
  id: "c",
  hasSecret,
  last: null,
});

describe("the form of a channel", () => {
  it.each<[string, Partial<ChannelForm>, string]>([
    ["no name", { ...MAIL, name: " " }, "name"],
    ["no server", { ...MAIL, host: "" }, "host"],
    ["a port that is none", { ...MAIL, port: "0x19" }, "port"],
    ["a port too high", { ...MAIL, port: "65536" }, "port"],
    ["a user without a password", { ...MAIL, username: "ops" }, "secret"],
    ["no sender", { ...MAIL, from: "me" }, "from"],
    ["nobody to send to", { ...MAIL, to: " , " }, "to"],
    ["one of several that is no address", { ...MAIL, to: "a@example.com, b" }, "to"],
    ["no address", { ...HOOK, url: "hooks.example.com" }, "url"],
    ["days that are none", { ...HOOK, overdueDays: "0" }, "overdueDays"],
    ["none chosen", { ...HOOK, some: true }, "scheduleIds"],
  ])("names what is wrong: %s", (_what, part, field) => {
    expect(Object.keys(channelErrors({ ...EMPTY_CHANNEL, ...part }, null))).toEqual([field]);
  });

  it("says what is sent, and reads it back", () => {
    expect(channelErrors(MAIL, null)).toEqual({});
    const { channel } = channelInput(MAIL, null);
    expect(channel.target).toMatchObject({ username: null, port: 587, to: ["b@example.com", "C <c@example.com>"] });
    for (const form of [MAIL, { ...HOOK, some: true, scheduleIds: ["s"], overdue: false }]) {
      const back = formOfChannel(channelOf(form, false));
      expect(channelInput(back, null).channel).toEqual(channelInput(form, null).channel);
    }
  });

  it("keeps, replaces and forgets the secret", () => {
    const account = { ...MAIL, username: "ops" };
    const before = channelOf(account, true);
    expect(channelErrors(account, before)).toEqual({});
    expect(channelInput(account, before)).not.toHaveProperty("secret");
    expect(channelInput({ ...account, secret: "new" }, before).secret).toBe("new");
    expect(channelInput(MAIL, before).secret).toBeNull();
    expect(channelInput({ ...HOOK, forgetSecret: true }, channelOf(HOOK, true)).secret).toBeNull();
  });

  it("shows what the program refused at its field", () => {
    const refusal = (field: string, message: string) =>
      refusedField({ code: "channel.invalid", message, retryable: false, details: { field } });
    expect(refusal("channel.target.to.1", "channel.target.to.1: An e-mail address.")).toEqual({
      to: "An e-mail address.",
    });
    expect(refusal("secret", "secret: another server needs the password again.")).toEqual({
      secret: "Another server needs the password again.",
    });
    expect(refusal("elsewhere", "elsewhere: no")).toBeNull();
  });

  it("makes keys that the program takes, each another", () => {
    const [one, two] = [newSigningKey(), newSigningKey()];
    expect(signingKey(one)).toHaveLength(32);
    expect(one).not.toBe(two);
  });
});

describe("words", () => {
  it("say where it goes, without what an address may hide", () => {
    expect(targetWords(channelOf(HOOK, false))).toBe("https://hooks.example.com");
    expect(targetWords(channelOf(MAIL, false))).toBe("b@example.com, 1 more");
  });
  it("say what it tells", () => {
    expect(rulesWords(channelOf(HOOK, false))).toBe("failure, recovery, 3 days without success; all schedules");
    const none = { ...HOOK, failure: false, recovery: false, overdue: false, some: true, scheduleIds: ["s"] };
    expect(rulesWords(channelOf(none, false))).toBe("nothing; 1 schedule");
  });
  it.each([
    ["sent", 1, "sent"],
    ["sent", 3, "sent, after 3 tries"],
    ["failed", 10, "not sent, after 10 tries"],
    ["failed", 1, "not sent"],
    ["waiting", 0, "waits to be sent"],
    ["waiting", 1, "1 try failed, tried again"],
  ] as const)("say how it went: %s after %i", (state, attempts, expected) => {
    const rest = { id: "d", channelId: "c", at: "2026-03-01T12:00:00.000Z", event: "failure", title: "" } as const;
    const none = { nextAttemptAt: null, error: null, scheduleId: null, scheduledRunId: null };
    expect(deliveryWords({ ...rest, ...none, state, attempts })).toBe(expected);
  });
});
