import { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";

/** A refusal that names structure, file and offset, in words and for programs. */
export function problem(
  code: "disk.damaged" | "disk.unsupported" | "disk.too-large" | "disk.truncated",
  source: Pick<ByteSource, "name">,
  structure: string,
  offset: number,
  words: string,
): AppError {
  return new AppError(code, `${structure} of ${source.name} at offset ${offset} ${words}`, {
    details: { file: source.name, structure, offset },
  });
}
