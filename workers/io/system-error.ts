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

/** Where the catalogue's next step is not the one. */
const HINTS = new Map([
  ["EFBIG", "The file system (or a limit set for this user) cannot hold so large a file."],
  ["EDQUOT", "The quota of this user or folder is used up: have it raised, or choose another folder, then retry."],
]);

/** An AppError for a failed file call; an AppError passes through. `at` is added to the message where given. */
export function systemError(cause: unknown, action: FileAction, path: string, atBytes?: number): AppError {
  if (cause instanceof AppError) return cause;
  const errno = cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "UNKNOWN";
  const place = atBytes === undefined ? path : `${path} at offset ${atBytes}`;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const hint = HINTS.get(errno);
  return new AppError(codeFor(errno, action), `${place} ${verbs[action]}: ${reason}`, {
    cause,
    ...(hint === undefined ? {} : { hint }),
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
    case "ENAMETOOLONG":
      return "path.too-long";
    // Instead of opening: a folder, a socket, a link where none is followed (or links in a circle).
    case "EISDIR":
    case "ENXIO":
    case "ELOOP":
      return "path.not-file";
    default:
      return writing ? "io.write" : "io.read";
  }
}
