/** Turns what the file system throws into the catalogue's codes, with the path in the sentence. */
import { AppError } from "../../src-core/model/error.ts";

/** The system's error code ("ENOENT"), or "" where the thrown value has none. */
export function systemCode(thrown: unknown): string {
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : "";
}

/** An AppError path.* for what a file-system call on `path` threw; an unknown failure becomes io.read. */
export function pathError(thrown: unknown, path: string): AppError {
  if (thrown instanceof AppError) return thrown;
  const details = { path };
  switch (systemCode(thrown)) {
    case "ENOENT":
      return new AppError("path.not-found", `${path} does not exist.`, { cause: thrown, details });
    case "ENOTDIR":
      return new AppError("path.not-folder", `${path} is not a folder, or a part of it is not.`, {
        cause: thrown,
        details,
      });
    case "EEXIST":
      return new AppError("path.not-folder", `${path} exists and is not a folder.`, { cause: thrown, details });
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new AppError("path.denied", `The system does not allow access to ${path}.`, { cause: thrown, details });
    case "ENAMETOOLONG":
      return new AppError("path.too-long", `${path} is longer than the file system allows.`, {
        cause: thrown,
        details,
      });
    case "ELOOP":
    case "ERR_INVALID_ARG_VALUE":
      return new AppError("path.not-found", `${path} is not a usable path.`, { cause: thrown, details });
    default:
      return new AppError("io.read", `${path} could not be looked at (${systemCode(thrown) || "unknown failure"}).`, {
        cause: thrown,
        details,
      });
  }
}
