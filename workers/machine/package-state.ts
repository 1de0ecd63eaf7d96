/** What the resume points of package writers hold. Loaded by those who go on only. */
import { z } from "zod";
import { Bytes } from "../../src-core/model/disk.ts";
import { PackageDigest } from "../../src-core/model/export.ts";

export const PackageState = z.object({
  kind: z.enum(["ova", "ovf"]),
  startedAtMs: z.number().int().min(0),
  /** The folder of an OVF was not there before. */
  madeFolder: z.boolean(),
  /** Of the package's manifest; states of before there was a choice do not say it. */
  digest: PackageDigest.default("sha256"),
  finished: z.array(
    z.object({
      key: z.string(),
      fileName: z.string(),
      fileSizeBytes: Bytes,
      writtenBytes: Bytes,
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      /** By `digest`; left out in states of before there was a choice: it is the SHA-256. */
      manifestSum: z
        .string()
        .regex(/^[0-9a-f]+$/)
        .optional(),
    }),
  ),
});
export type PackageState = z.infer<typeof PackageState>;
