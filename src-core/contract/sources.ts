/** Sources: hypervisors and folders that machines come from. Secrets go in and never come out. */
import { z } from "zod";
import type { ErrorCode } from "../model/error.ts";
import { Leftover, Source, SourceKind, SourceSecret, SourceTest, Trust } from "../model/source.ts";
import { base, failsWith } from "./base.ts";

const tags = ["sources"];

/** What can be wrong with connecting to a source. */
const CONNECT_CODES = [
  "source.auth",
  "source.unreachable",
  "source.certificate",
  "source.host-key",
  "source.protocol",
  "source.unsupported",
  "source.busy",
  "source.lost",
  "source.privilege",
  "vault.unavailable",
  "vault.unreadable",
  "job.crashed",
] as const satisfies ErrorCode[];

/** What can be wrong with asking something of a source. */
export const sourceErrors = failsWith(
  ...CONNECT_CODES,
  "request.not-found",
  "source.disconnected",
  "source.refused",
  "source.no-machine",
  "source.no-snapshot",
  "path.not-found",
  "path.denied",
  "io.read",
  "job.canceled",
);

const bySourceId = z.object({ id: z.string() });
const noSuchSource = failsWith("request.not-found");
const changed = failsWith("request.not-found", "source.duplicate", ...CONNECT_CODES);

const name = z.string().trim().min(1).max(100).describe("What people call it; unique.");
const address = z
  .string()
  .trim()
  .min(1)
  .max(4096)
  .describe(
    "vsphere: https://HOST; libvirt: qemu:///system, qemu+ssh://USER@HOST/system; local: absolute path of a folder. Never with a password in it.",
  )
  .meta({ examples: ["https://vcenter.example.com"] });
const username = z.string().min(1).max(256).nullable();
const secret = SourceSecret.partial().describe("Kept sealed; no call ever answers it.");
/** Without defaults: where a source is named, what is left out is that source's. */
const connection = z.object({ kind: SourceKind, address, username, trust: Trust, secret });
const draft = connection.extend({
  username: username.default(null),
  trust: Trust.default({ kind: "system" }),
  secret: secret.optional(),
});

export const sources = {
  list: base.route({ method: "GET", path: "/sources", tags, summary: "All sources" }).output(z.array(Source)),
  get: base
    .errors(noSuchSource)
    .route({ method: "GET", path: "/sources/{id}", tags, summary: "One source" })
    .input(bySourceId)
    .output(Source),
  kinds: base
    .route({ method: "GET", path: "/source-kinds", tags, summary: "Kinds of sources this program can read" })
    .output(z.array(z.object({ kind: SourceKind, label: z.string() }))),
  test: base
    .errors(noSuchSource)
    .route({
      method: "POST",
      path: "/sources/test",
      tags,
      summary: "Try to connect, without keeping anything",
      description:
        "With `id` what is left out (the secret above all) is taken from that source. A failure is an answer: `certificate` " +
        "holds what has to be compared and pinned, `checks` names missing privileges.",
    })
    .input(connection.partial().extend({ id: z.string().optional() }))
    .output(SourceTest),
  add: base
    .errors(changed)
    .route({
      method: "POST",
      path: "/sources",
      tags,
      successStatus: 201,
      summary: "Add a source",
      description:
        "It is connected to first, and refused where that fails; the details of source.certificate and source.host-key hold the " +
        "fingerprint that `trust` may pin. With `unchecked` it is added as it is.",
    })
    .input(
      draft.extend({
        name,
        enabled: z.boolean().default(true),
        unchecked: z.boolean().default(false),
      }),
    )
    .output(Source),
  edit: base
    .errors(changed)
    .route({
      method: "PATCH",
      path: "/sources/{id}",
      tags,
      summary: "Change a source",
      description: "What is left out stays. A new address needs the secret again: it is not sent elsewhere.",
    })
    .input(
      bySourceId.extend({
        name: name.optional(),
        address: address.optional(),
        username: username.optional(),
        trust: Trust.optional(),
        secret: secret.nullable().optional().describe("null forgets it."),
        unchecked: z.boolean().default(false),
      }),
    )
    .output(Source),
  enable: base
    .errors(noSuchSource)
    .route({ method: "POST", path: "/sources/{id}/enable", tags, summary: "Connect to a source, also at every start" })
    .input(bySourceId)
    .output(Source),
  disable: base
    .errors(noSuchSource)
    .route({
      method: "POST",
      path: "/sources/{id}/disable",
      tags,
      summary: "Disconnect and stay so; what is known stays",
    })
    .input(bySourceId)
    .output(Source),
  reconnect: base
    .errors(noSuchSource)
    .route({ method: "POST", path: "/sources/{id}/reconnect", tags, summary: "Try to connect now instead of later" })
    .input(bySourceId)
    .output(Source),
  remove: base
    .errors(noSuchSource)
    .route({
      method: "DELETE",
      path: "/sources/{id}",
      tags,
      summary: "Forget a source, its secret and what is known of it",
      description: "Nothing is changed on the source itself.",
    })
    .input(bySourceId)
    .output(z.object({ removed: z.literal(true) })),
  leftovers: base
    .errors(sourceErrors)
    .route({
      method: "GET",
      path: "/sources/{id}/leftovers",
      tags,
      summary: "What exports that are no longer alive left on the source",
    })
    .input(bySourceId)
    .output(z.array(Leftover)),
  removeLeftover: base
    .errors(sourceErrors)
    .route({ method: "POST", path: "/sources/{id}/leftovers/remove", tags, summary: "Remove one leftover" })
    .input(bySourceId.extend({ leftoverId: z.string().min(1).max(1024) }))
    .output(z.object({ removed: z.literal(true) })),
};
