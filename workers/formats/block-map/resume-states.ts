/** What the resume points of block-writer.ts, flat-writer.ts and the raw writer hold. */
import { z } from "zod";
import { Bytes } from "../../../src-core/model/disk.ts";

/** All that content-identity.ts keeps of the grains so far. */
export const IdentityState = z.tuple([z.number().int(), z.number().int()]);
export type IdentityState = z.infer<typeof IdentityState>;

export const FlatState = z.object({
  kind: z.string(),
  /** Guest offset behind the last write. */
  endBytes: Bytes,
  writtenBytes: Bytes,
  identity: IdentityState,
});
export type FlatState = z.infer<typeof FlatState>;

export const BlockState = z.object({
  kind: z.string(),
  /** Where the next block goes: the length of the durable file. */
  cursorBytes: Bytes,
  /** Number of the open block; -1 before the first write. */
  block: z.number().int().min(-1),
  /** Guest offset behind the last write. */
  endBytes: Bytes,
  writtenBytes: Bytes,
  identity: IdentityState,
});
export type BlockState = z.infer<typeof BlockState>;

export const RawState = z.object({ writtenBytes: Bytes, endBytes: Bytes });
