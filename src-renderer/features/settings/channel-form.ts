/** What the dialog of a channel holds, what is wrong with it, and what is sent. The secret leaves this form only in a call. */
import type { AppErrorData } from "../../../src-core/model/error.ts";
import type { Channel, ChannelKind, ChannelSettings, EmailTarget } from "../../../src-core/model/notification.ts";

export interface ChannelForm {
  readonly kind: ChannelKind;
  readonly name: string;
  readonly failure: boolean;
  readonly recovery: boolean;
  readonly success: boolean;
  readonly overdue: boolean;
  readonly overdueDays: string;
  /** Only those named, instead of all. */
  readonly some: boolean;
  readonly scheduleIds: readonly string[];
  readonly host: string;
  readonly port: string;
  readonly security: EmailTarget["security"];
  readonly username: string;
  readonly from: string;
  /** Addresses, commas or lines between. */
  readonly to: string;
  readonly url: string;
  /** "": what is stored stays. */
  readonly secret: string;
  readonly forgetSecret: boolean;
}

export const EMPTY_CHANNEL: ChannelForm = {
  kind: "email",
  name: "",
  failure: true,
  recovery: true,
  success: false,
  overdue: true,
  overdueDays: "3",
  some: false,
  scheduleIds: [],
  host: "",
  port: "587",
  security: "starttls",
  username: "",
  from: "",
  to: "",
  url: "",
  secret: "",
  forgetSecret: false,
};

/** The port that goes with a kind of protection. */
export const PORT_OF: Record<EmailTarget["security"], string> = { tls: "465", starttls: "587", none: "25" };

export function formOfChannel({ name, rules, target }: Channel): ChannelForm {
  const { failure, recovery, success, overdueDays, scheduleIds } = rules;
  return {
    ...EMPTY_CHANNEL,
    kind: target.kind,
    name,
    failure,
    recovery,
    success,
    overdue: overdueDays !== null,
    overdueDays: String(overdueDays ?? EMPTY_CHANNEL.overdueDays),
    some: scheduleIds.length > 0,
    scheduleIds,
    ...(target.kind === "webhook" ? { url: target.url } : {}),
    ...(target.kind === "email"
      ? {
          host: target.host,
          port: String(target.port),
          security: target.security,
          username: target.username ?? "",
          from: target.from,
          to: target.to.join(", "),
        }
      : {}),
  };
}

export type ChannelErrors = Partial<Record<keyof ChannelForm, string>>;

/** @param before the channel that is changed; null for a new one */
export function channelErrors(form: ChannelForm, before: Channel | null): ChannelErrors {
  const errors: ChannelErrors = {};
  if (form.name.trim() === "") errors.name = "Give it a name.";
  if (form.overdue && !wholeWithin(form.overdueDays, 1, 365)) errors.overdueDays = "1 to 365.";
  if (form.some && form.scheduleIds.length === 0) errors.scheduleIds = "Choose at least one, or all.";
  if (form.kind === "webhook" && !/^https?:\/\/[^\s]+$/i.test(form.url.trim())) {
    errors.url = "An address such as https://hooks.example.com/hypersdk.";
  }
  if (form.kind === "email") {
    const has = form.secret !== "" || (before?.hasSecret === true && before.target.kind === "email");
    if (form.host.trim() === "") errors.host = "Which server?";
    if (!wholeWithin(form.port, 1, 65_535)) errors.port = "1 to 65535.";
    if (form.username.trim() !== "" && !has) errors.secret = "Which password?";
    if (!isAddress(form.from.trim())) errors.from = "An address such as hypersdk@example.com.";
    const to = addressesOf(form.to);
    if (to.length === 0 || !to.every(isAddress)) errors.to = "Addresses, with commas between.";
  }
  return errors;
}

/** What is sent. @param before the channel that is changed; null for a new one */
export function channelInput(
  form: ChannelForm,
  before: Channel | null,
): { channel: ChannelSettings; secret?: string | null } {
  const { failure, recovery, success } = form;
  const rules = {
    failure,
    recovery,
    success,
    overdueDays: form.overdue ? Number(form.overdueDays) : null,
    scheduleIds: form.some ? [...form.scheduleIds] : [],
  };
  const channel = { name: form.name.trim(), enabled: before?.enabled ?? true, rules, target: targetOf(form) };
  // Where nobody logs in, or on the desktop, there is nothing to keep.
  const needsNone = form.kind === "desktop" || (form.kind === "email" && form.username.trim() === "");
  if (needsNone || form.forgetSecret) return { channel, secret: null };
  return form.secret === "" ? { channel } : { channel, secret: form.secret };
}

function targetOf(form: ChannelForm): ChannelSettings["target"] {
  switch (form.kind) {
    case "desktop":
      return { kind: "desktop" };
    case "webhook":
      return { kind: "webhook", url: form.url.trim() };
    case "email": {
      const { security } = form;
      const username = form.username.trim() === "" ? null : form.username.trim();
      const [host, port, from] = [form.host.trim(), Number(form.port), form.from.trim()];
      return { kind: "email", host, port, security, username, from, to: addressesOf(form.to) };
    }
  }
}

const FIELDS: Readonly<Record<string, keyof ChannelForm>> = {
  "channel.name": "name",
  "channel.target.url": "url",
  "channel.target.host": "host",
  "channel.target.port": "port",
  "channel.target.security": "security",
  "channel.target.username": "username",
  "channel.target.from": "from",
  "channel.target.to": "to",
  "channel.rules.overdueDays": "overdueDays",
  secret: "secret",
};

/** What the program refused, at its field; null where it is about none of this form. */
export function refusedField({ message, details }: AppErrorData): ChannelErrors | null {
  const named = String(details?.field ?? "").replace(/\.\d+$/, "");
  const field = FIELDS[named];
  if (field === undefined) return null;
  return { [field]: message.replace(/^[\w.]+: /, "").replace(/^./, (first) => first.toUpperCase()) };
}

/** A new signing key as the Standard Webhooks specification has them. */
export function newSigningKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return `whsec_${btoa(String.fromCharCode(...bytes))}`;
}

function addressesOf(text: string): string[] {
  return text
    .split(/[,;\n]/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function isAddress(text: string): boolean {
  return /^(?:[^<>]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/.test(text);
}

function wholeWithin(text: string, least: number, most: number): boolean {
  return /^\d+$/.test(text.trim()) && Number(text) >= least && Number(text) <= most;
}
