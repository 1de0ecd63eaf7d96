/** Who is told of what: channels, and what was sent through them. */
import { z } from "zod";

export const ChannelKind = z.enum(["desktop", "email", "webhook"]);
export type ChannelKind = z.infer<typeof ChannelKind>;

/** What is told. Quiet by default: a success is told only after failures, as a recovery. */
export const NoticeRules = z.object({
  failure: z.boolean().default(true),
  recovery: z.boolean().default(true),
  /** Told once when a schedule has not succeeded for so many days; null: never. */
  overdueDays: z.int().min(1).max(365).nullable().default(3),
  success: z.boolean().default(false),
  /** None: all schedules. */
  scheduleIds: z.array(z.string().min(1).max(64)).max(10_000).default([]),
});
export type NoticeRules = z.infer<typeof NoticeRules>;

/** "ops@example.com", also with a name before it: "Operations <ops@example.com>". */
const Address = z
  .string()
  .trim()
  .max(320)
  .regex(
    /^(?:[^<>\r\n,;]*<[^\s<>@,;]+@[^\s<>@,;]+>|[^\s<>@,;]+@[^\s<>@,;]+)$/,
    "An e-mail address, such as ops@example.com.",
  );

export const EmailTarget = z.object({
  host: z.string().trim().min(1).max(253),
  port: z.int().min(1).max(65_535).default(587),
  /** starttls: refused where the server offers none; none: for servers on this computer only. */
  security: z.enum(["tls", "starttls", "none"]).default("starttls"),
  username: z.string().max(256).nullable().default(null),
  from: Address,
  to: z.array(Address).min(1).max(50),
});
export type EmailTarget = z.infer<typeof EmailTarget>;

export const WebhookTarget = z.object({ url: z.url({ protocol: /^https?$/ }).max(2_048) });
export type WebhookTarget = z.infer<typeof WebhookTarget>;

/** All that somebody fills in, but for the secret. */
export const ChannelSettings = z
  .object({
    name: z.string().trim().min(1).max(100),
    enabled: z.boolean().default(true),
    rules: NoticeRules.prefault({}),
    target: z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("desktop") }),
      EmailTarget.extend({ kind: z.literal("email") }),
      WebhookTarget.extend({ kind: z.literal("webhook") }),
    ]),
  })
  .meta({ id: "ChannelSettings" });
export type ChannelSettings = z.infer<typeof ChannelSettings>;

/** Most channels of one program. */
export const MAX_CHANNELS = 100;

/** What is told, as it is stored when it happens: what is sent later is the same however often it is tried. */
export const NoticeMessage = z.object({
  title: z.string(),
  /** Sentences, one a line. */
  body: z.string(),
  /** The page that shows more, such as "/schedules/runs/ID". */
  path: z.string(),
  /** For programs: what webhooks carry. */
  data: z.object({
    schedule: z.object({ id: z.string(), name: z.string() }).nullable(),
    run: z
      .object({
        id: z.string(),
        state: z.string(),
        nominalAt: z.iso.datetime(),
        startedAt: z.iso.datetime().nullable(),
        endedAt: z.iso.datetime().nullable(),
        error: z.object({ code: z.string(), message: z.string(), hint: z.string().nullable() }).nullable(),
      })
      .nullable(),
    /** Of an overdue schedule: when it succeeded last; null: never. */
    lastSuccessAt: z.iso.datetime().nullable(),
  }),
});
export type NoticeMessage = z.infer<typeof NoticeMessage>;

/** How the last notice went that was sent through a channel. */
export const DeliveryState = z.enum(["waiting", "sent", "failed"]);
export type DeliveryState = z.infer<typeof DeliveryState>;

export const NoticeEvent = z.enum(["failure", "recovery", "overdue", "success", "test"]);
export type NoticeEvent = z.infer<typeof NoticeEvent>;

export const Delivery = z
  .object({
    id: z.string(),
    channelId: z.string(),
    at: z.iso.datetime(),
    event: NoticeEvent,
    title: z.string(),
    state: DeliveryState,
    attempts: z.int().min(0),
    nextAttemptAt: z.iso.datetime().nullable(),
    error: z.string().nullable(),
    scheduleId: z.string().nullable(),
    scheduledRunId: z.string().nullable(),
  })
  .meta({ id: "Delivery" });
export type Delivery = z.infer<typeof Delivery>;

/** A channel as lists show it: the secret (password, signing key) is never shown. */
export const Channel = ChannelSettings.extend({
  id: z.string(),
  hasSecret: z.boolean(),
  last: Delivery.nullable(),
}).meta({ id: "Channel" });
export type Channel = z.infer<typeof Channel>;
