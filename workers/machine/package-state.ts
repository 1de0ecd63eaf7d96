/** What the resume points of package writers hold. Loaded by those who go on only. */
import { z } from "zod";
import { Bytes } from "../../src-core/model/disk.ts";

export const PackageState = z.object({
  kind: z.enum(["ova", "ovf"]),
  startedAtMs: z.number().int().min(0),
  /** The folder of an OVF was not there before. */
  madeFolder: z.boolean(),
  finished: z.array(
    z.object({
      key: z.string(),
      fileName: z.string(),
      fileSizeBytes: Bytes,
      writtenBytes: Bytes,
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});
export type PackageState = z.infer<typeof PackageState>;
