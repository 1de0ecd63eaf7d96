/** The schema of an error as plain data, for every door it comes in by. */
import { z } from "zod";
import { type AppErrorData as Data, ERROR_CATALOGUE, type ErrorCode } from "./error.ts";

const codes = Object.keys(ERROR_CATALOGUE) as [ErrorCode, ...ErrorCode[]];

export const AppErrorData = z
  .object({
    code: z.enum(codes),
    message: z.string(),
    hint: z.string().optional(),
    retryable: z.boolean(),
    details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  })
  .meta({ id: "AppError" }) satisfies z.ZodType<Data>;
