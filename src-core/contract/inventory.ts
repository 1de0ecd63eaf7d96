/** What sources have: the tree, the machines, and what can be done to a machine where it is. */
import { z } from "zod";
import { GuestFamily, InventoryNode, MachineDetail, PowerState, SourceEvent, SourceTask } from "../model/inventory.ts";
import { MachineRow, SavedView } from "../model/machine-view.ts";
import { base, failsWith } from "./base.ts";
import { sourceErrors } from "./sources.ts";

const tags = ["inventory"];
const errors = sourceErrors;
const noSuchSource = failsWith("request.not-found");
const ofSource = z.object({ id: z.string().describe("Id of the source.") });
const ofMachine = ofSource.extend({ machineId: z.string().min(1).max(1024) });
const ofSnapshot = ofMachine.extend({ snapshotId: z.string().min(1).max(1024) });
const done = z.object({ done: z.literal(true) });

/** Columns a page of machines can be sorted by. */
export const MachineSort = z.enum([
  "name",
  "power",
  "os",
  "cpus",
  "memory",
  "disks",
  "provisioned",
  "used",
  "snapshots",
  "lastExport",
]);
export type MachineSort = z.infer<typeof MachineSort>;

export const MachineQuery = z.object({
  sourceId: z.string().optional().describe("Only machines of this source."),
  under: z.string().max(1024).optional().describe("Only what lies in or below this node of the tree, or runs on it."),
  search: z
    .string()
    .max(200)
    .optional()
    .describe("Words that all occur in name, path, guest, tags or datastores; any case."),
  power: PowerState.optional(),
  family: GuestFamily.optional(),
  big: z.boolean().optional().describe("true: only those whose disks come to 500 GiB or more."),
  sort: MachineSort.default("name"),
  descending: z.boolean().default(false),
  limit: z.number().int().min(1).max(1000).default(500),
  cursor: z.string().max(8192).optional().describe("`nextCursor` of the page before, of the same question."),
});
export type MachineQuery = z.infer<typeof MachineQuery>;

export const inventory = {
  nodes: base
    .errors(noSuchSource)
    .route({ method: "GET", path: "/sources/{id}/nodes", tags, summary: "Folders, hosts, pools, datastores, networks" })
    .input(ofSource)
    .output(z.array(InventoryNode)),
  machines: base
    .errors(noSuchSource)
    .route({
      method: "GET",
      path: "/machines",
      tags,
      summary: "Machines of all sources, page by page",
      description:
        "As last known: also of sources that are not connected now. `knownAt` of a source says how old that is.",
    })
    .input(MachineQuery)
    .output(z.object({ items: z.array(MachineRow), nextCursor: z.string().nullable(), total: z.number().int() })),
  machine: base
    .errors(errors)
    .route({
      method: "GET",
      path: "/sources/{id}/machine",
      tags,
      summary: "Everything about one machine, read anew",
      description: "With what stands in the way of an export, and how to get round it.",
    })
    .input(ofMachine)
    .output(MachineDetail),
  power: base
    .errors(errors)
    .route({
      method: "POST",
      path: "/sources/{id}/power",
      tags,
      summary: "Switch a machine on or off, or ask its guest to shut down",
    })
    .input(ofMachine.extend({ action: z.enum(["on", "off", "shutdown"]) }))
    .output(done),
  createSnapshot: base
    .errors(errors)
    .route({ method: "POST", path: "/sources/{id}/snapshots", tags, successStatus: 201, summary: "Make a snapshot" })
    .input(
      ofMachine.extend({
        name: z.string().trim().min(1).max(80),
        description: z.string().max(1000).default(""),
        quiesce: z.boolean().default(false).describe("Put file systems in order first, by the guest's help."),
        memory: z.boolean().default(false),
      }),
    )
    .output(z.object({ snapshotId: z.string() })),
  removeSnapshot: base
    .errors(errors)
    .route({
      method: "POST",
      path: "/sources/{id}/snapshots/remove",
      tags,
      summary: "Remove a snapshot; its children and the machine's present state stay",
    })
    .input(ofSnapshot)
    .output(done),
  revertSnapshot: base
    .errors(errors)
    .route({
      method: "POST",
      path: "/sources/{id}/snapshots/revert",
      tags,
      summary: "Take a machine back to a snapshot; its present state is lost",
    })
    .input(ofSnapshot)
    .output(done),
  events: base
    .errors(noSuchSource)
    .route({ method: "GET", path: "/sources/{id}/events", tags, summary: "What the source said lately, newest first" })
    .input(ofSource)
    .output(z.array(SourceEvent)),
  tasks: base
    .errors(noSuchSource)
    .route({ method: "GET", path: "/sources/{id}/tasks", tags, summary: "What the source is and was at, newest first" })
    .input(ofSource)
    .output(z.array(SourceTask)),
};

export const views = {
  list: base
    .route({ method: "GET", path: "/views", tags, summary: "Kept views of machines" })
    .output(z.array(SavedView)),
  save: base
    .route({ method: "POST", path: "/views", tags, summary: "Keep a view; one of the same name is replaced" })
    .input(
      SavedView.omit({ id: true }).extend({
        name: z.string().trim().min(1).max(80),
        search: z.string().max(200).default(""),
        show: SavedView.shape.show.default([]),
        sort: SavedView.shape.sort.default([]),
      }),
    )
    .output(SavedView),
  remove: base
    .errors(noSuchSource)
    .route({ method: "DELETE", path: "/views/{id}", tags, summary: "Forget a view" })
    .input(z.object({ id: z.string() }))
    .output(z.object({ removed: z.literal(true) })),
};
