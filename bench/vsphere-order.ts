/** What bench/vsphere.ts asks of bench/vsphere-to-file.ts, and what that answers. */
import { z } from "zod";

export const Order = z.object({
  what: z.enum(["ranges", "lease", "file", "inventory"]),
  /** Of the lab. */
  address: z.string(),
  username: z.string(),
  password: z.string(),
  caPem: z.string(),
  machineId: z.string(),
  connections: z.number(),
  /** For "file": a stream-optimized VMDK. */
  stream: z.string(),
  out: z.string(),
  /** As much memory is held before the time is taken (measure.ts): making an export takes so long that a host takes it back. */
  holdBytes: z.number(),
});
export type Order = z.infer<typeof Order>;

export const Report = z.object({
  seconds: z.number(),
  /** Inventory: from asking to the first places, to the answer with the first machines, to these, and to the end of the picture. */
  firstSeconds: z.number().optional(),
  answerSeconds: z.number().optional(),
  machinesSeconds: z.number().optional(),
  machines: z.number().optional(),
});
export type Report = z.infer<typeof Report>;
