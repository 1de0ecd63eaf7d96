/** Libraries (folders the user allowed), what is found in them, and single disks. */
import { z } from "zod";
import { AllocationMap, Bytes, DiskInfo, ExtentState, FormatId } from "../model/disk.ts";
import { Library, LibraryItem } from "../model/library.ts";
import { CheckRequest, CompareRequest } from "../model/run.ts";
import { DiskView } from "../model/task.ts";
import { base, DISK_CODES, failsWith } from "./base.ts";
import { idempotencyKey, Started, startErrors } from "./runs.ts";

const tags = ["library"];
const diskErrors = failsWith(...DISK_CODES);

const diskPath = z.string().min(1).max(4096).describe("Absolute path of a file inside a library.");
/** A stretch of a virtual disk in one state, and those that follow it. */
export const ExtentPage = z
  .object({
    virtualSizeBytes: Bytes,
    extents: z.array(z.object({ start: Bytes, length: Bytes, state: ExtentState })),
    /** `start` of the next page; null at the disk's end. */
    nextStart: Bytes.nullable(),
  })
  .meta({ id: "ExtentPage" });
export type ExtentPage = z.infer<typeof ExtentPage>;

const diskSnapshot = z
  .string()
  .max(400)
  .optional()
  .describe("Id or name of a snapshot inside the image; left out: its present state.");
const diskView = DiskView.default("layer").describe(
  "layer: what this file holds itself, a hole is what it leaves to its parent; guest: the disk as its machine sees it.",
);
const diskFormat = FormatId.optional().describe("Given only to force it (raw); left out, the content decides.");

export const libraries = {
  list: base.route({ method: "GET", path: "/libraries", tags, summary: "All libraries" }).output(z.array(Library)),
  add: base
    .errors(failsWith("path.not-found", "path.not-folder", "path.denied", "io.read", "library.duplicate"))
    .route({
      method: "POST",
      path: "/libraries",
      tags,
      successStatus: 201,
      summary: "Add a folder and scan it",
      description: "Answers at once; the scan goes on by itself and its progress comes as `library` events.",
    })
    .input(
      z.object({
        path: z
          .string()
          .min(1)
          .max(4096)
          .describe("Absolute path of the folder.")
          .meta({ examples: ["/srv/vm"] }),
      }),
    )
    .output(Library),
  remove: base
    .errors(failsWith("request.not-found"))
    .route({ method: "DELETE", path: "/libraries/{id}", tags, summary: "Forget a library (its files stay)" })
    .input(z.object({ id: z.string() }))
    .output(z.object({ removed: z.literal(true) })),
  rescan: base
    .errors(failsWith("request.not-found"))
    .route({ method: "POST", path: "/libraries/{id}/scan", tags, summary: "Scan a library again" })
    .input(z.object({ id: z.string() }))
    .output(Library),
  items: base
    .route({
      method: "GET",
      path: "/library/items",
      tags,
      summary: "Machines and bare disks of all libraries, by path",
    })
    .input(
      z.object({
        libraryId: z.string().optional().describe("Only what was found in this library."),
        search: z.string().max(200).optional().describe("Part of a name or path, any case."),
        limit: z.number().int().min(1).max(1000).default(500),
        cursor: z.string().max(8192).optional().describe("`nextCursor` of the page before."),
      }),
    )
    .output(z.object({ items: z.array(LibraryItem), nextCursor: z.string().nullable(), total: z.number().int() })),
};

export const disks = {
  inspect: base
    .errors(diskErrors)
    .route({
      method: "GET",
      path: "/disk",
      tags: ["disk"],
      summary: "Header facts, files and chain of a disk in a library",
    })
    .input(z.object({ path: diskPath, format: diskFormat }))
    .output(DiskInfo),
  map: base
    .errors(diskErrors)
    .route({ method: "GET", path: "/disk/map", tags: ["disk"], summary: "Where a disk has data, zeros and holes" })
    .input(
      z.object({
        path: diskPath,
        format: diskFormat,
        snapshot: diskSnapshot,
        view: diskView,
        slices: z
          .number()
          .int()
          .min(1)
          .max(4096)
          .default(512)
          .describe("Equal parts of the virtual disk in the answer."),
      }),
    )
    .output(AllocationMap),
  extents: base
    .errors(diskErrors)
    .route({
      method: "GET",
      path: "/disk/extents",
      tags: ["disk"],
      summary: "The extents of a disk, page by page",
      description:
        "Neighbours in one state are one extent, so that two pages put together are what one would have been.",
    })
    .input(
      z.object({
        path: diskPath,
        format: diskFormat,
        snapshot: diskSnapshot,
        view: diskView,
        start: Bytes.default(0).describe("`nextStart` of the page before."),
        limit: z.number().int().min(1).max(10_000).default(1000),
      }),
    )
    .output(ExtentPage),
  check: base
    .errors(startErrors)
    .route({
      method: "POST",
      path: "/disk/check",
      tags: ["disk"],
      successStatus: 201,
      summary: "Start a structural check of a disk image",
      description: "The same as starting a job of this kind: the findings are the result of its task.",
    })
    .input(CheckRequest.omit({ kind: true }).extend({ idempotencyKey }))
    .output(Started),
  compare: base
    .errors(startErrors)
    .route({
      method: "POST",
      path: "/disk/compare",
      tags: ["disk"],
      successStatus: 201,
      summary: "Start a comparison of two disks' contents",
      description: "The same as starting a job of this kind: the first difference is in the result of its task.",
    })
    .input(CompareRequest.omit({ kind: true }).extend({ idempotencyKey }))
    .output(Started),
};
