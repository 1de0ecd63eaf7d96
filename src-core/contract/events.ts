/** The one stream of what happens. */
import { eventIterator } from "@orpc/contract";
import { AppEvent } from "../model/event.ts";
import { base } from "./base.ts";

export const events = {
  stream: base
    .route({
      method: "GET",
      path: "/events",
      tags: ["events"],
      summary: "What happens, as server-sent events",
      description:
        "Each stored event has an id; reconnect with the header Last-Event-ID to get what was missed. " +
        "A `reset` event says that too much was missed or changed at once, and everything should be read anew.",
    })
    .output(eventIterator(AppEvent)),
};
