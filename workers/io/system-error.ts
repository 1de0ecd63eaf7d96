/** Turns what the operating system says about a file into the catalogue's words. */
import { AppError, type ErrorCode } from "../../src-core/model/error.ts";

/** What was being done: the same errno means different things while opening, reading and writing. */
export type FileAction = "open" | "read" | "create" | "write";

const verbs: Record<FileAction, string> = {
  open: "cannot be opened",
  read: "cannot be read",
  create: "cannot be created",
  write: "cannot be written",
};

/** An AppError for a failed file call; an AppError passes through. `at` is added to the message where given. */
export function systemError(cause: unknown, action: FileAction, path: string, atBytes?: number): AppError {
  if (cause instanceof AppError) return cause;
  const errno = cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "UNKNOWN";
  const place = atBytes === undefined ? path : `${path} at offset ${atBytes}`;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AppError(codeFor(errno, action), `${place} ${verbs[action]}: ${reason}`, {
    cause,
    ...(errno === "EFBIG"
      ? { hint: "The file system (or a limit set for this user) cannot hold so large a file." }
      : {}),
    details: { file: path, errno, ...(atBytes === undefined ? {} : { offset: atBytes }) },
  });
}

function codeFor(errno: string, action: FileAction): ErrorCode {
  const writing = action === "write" || action === "create";
  switch (errno) {
    case "ENOSPC":
    case "EDQUOT":
      return "target.no-space";
    case "EROFS":
      return writing ? "target.read-only" : "path.denied";
    case "EACCES":
    case "EPERM":
      return writing ? "target.read-only" : "path.denied";
    case "EEXIST":
      return "target.exists";
    case "ENOENT":
    case "ENOTDIR":
      return action === "open" || action === "create" ? "path.not-found" : "io.vanished";
    case "ESTALE":
      return "io.vanished";
    // Instead of opening: a folder, a socket, a link where none is followed (or links in a circle).
    case "EISDIR":
    case "ENXIO":
    case "ELOOP":
      return "path.not-file";
    default:
      return writing ? "io.write" : "io.read";
  }
}
