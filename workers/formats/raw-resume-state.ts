/** What a raw writer's resume points hold. */
import { z } from "zod";
import { Bytes } from "../../src-core/model/disk.ts";

export const RawState = z.object({ writtenBytes: Bytes, endBytes: Bytes });
