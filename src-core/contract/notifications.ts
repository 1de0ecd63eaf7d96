/** Who is told when schedules fail, recover, or have not succeeded for long. */
import { z } from "zod";
import { Channel, ChannelSettings, Delivery } from "../model/notification.ts";
import { base, failsWith } from "./base.ts";

const tags = ["notifications"];
const byId = z.object({ id: z.string().min(1).max(64) });
const secret = z
  .string()
  .min(1)
  .max(1_024)
  .nullable()
  .optional()
  .describe(
    "Password of the mail account, or key that signs the webhook's calls. Kept sealed; null: none; left out: unchanged.",
  );
const errors = failsWith(
  "request.not-found",
  "vault.unavailable",
  "vault.unreadable",
  "channel.duplicate",
  "channel.invalid",
);

export const notifications = {
  list: base
    .route({ method: "GET", path: "/notifications/channels", tags, summary: "Channels, by name" })
    .output(z.array(Channel)),
  create: base
    .errors(errors)
    .route({ method: "POST", path: "/notifications/channels", tags, successStatus: 201, summary: "Add a channel" })
    .input(z.object({ channel: ChannelSettings, secret }))
    .output(Channel),
  update: base
    .errors(errors)
    .route({ method: "PUT", path: "/notifications/channels/{id}", tags, summary: "Change a channel" })
    .input(byId.extend({ channel: ChannelSettings, secret }))
    .output(Channel),
  remove: base
    .errors(errors)
    .route({ method: "DELETE", path: "/notifications/channels/{id}", tags, summary: "Remove a channel" })
    .input(byId)
    .output(z.object({ removed: z.literal(true) })),
  test: base
    .errors(errors)
    .route({
      method: "POST",
      path: "/notifications/channels/{id}/test",
      tags,
      summary: "Send a test through a channel, at once and without tries",
    })
    .input(byId)
    .output(Delivery),
  deliveries: base
    .errors(errors)
    .route({
      method: "GET",
      path: "/notifications/channels/{id}/deliveries",
      tags,
      summary: "What was sent, newest first",
    })
    .input(byId.extend({ limit: z.int().min(1).max(500).default(50) }))
    .output(z.array(Delivery)),
};
