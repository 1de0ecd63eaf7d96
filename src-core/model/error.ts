/**
 * The one error type of the program and the catalogue of its codes.
 *
 * Every failure a person or a script can meet has a code `area.what`, one sentence and, where there is one, the next step.
 * It crosses every door (worker, window, socket, REST) as the plain data of {@link AppErrorData} and is rebuilt on the other side.
 * Threads that only read disks load this file and no schema.
 */
interface CatalogueEntry {
  /** HTTP status the REST port answers with. */
  readonly status: number;
  /** One sentence for the user; a thrown error normally says something more exact in its own `message`. */
  readonly message: string;
  /** What to do next. */
  readonly hint?: string;
  /** True where the same call may succeed later without anybody changing anything. */
  readonly retryable?: boolean;
}

/** Every error code with its HTTP status, sentence and hint. Add a row here before throwing a new code. */
export const ERROR_CATALOGUE = {
  "auth.missing": {
    status: 401,
    message: "This call needs an access token.",
    hint: "Send 'Authorization: Bearer TOKEN'. The token is in the file named by service.json in the data folder.",
  },
  "auth.invalid": { status: 401, message: "The access token is not valid, was revoked, or has expired." },
  "request.invalid": { status: 400, message: "The request does not fit the documented schema." },
  "request.host": {
    status: 421,
    message: "The Host header names an address this program does not serve.",
    hint: "Call the address in service.json; other names are refused to stop DNS rebinding.",
  },
  "request.origin": { status: 403, message: "Requests from other web sites are refused." },
  "request.too-large": { status: 413, message: "The request body is larger than this program accepts." },
  "request.rate": {
    status: 429,
    message: "Too many requests; slow down.",
    hint: "Wait a few seconds.",
    retryable: true,
  },
  "request.conflict": { status: 409, message: "The same idempotency key was used for a different request." },
  "request.not-found": { status: 404, message: "There is no such thing." },
  "state.conflict": { status: 409, message: "That is not possible in the present state." },
  "path.not-found": { status: 404, message: "The file or folder does not exist.", hint: "Check the path." },
  "path.not-folder": { status: 422, message: "The path is not a folder." },
  "path.not-file": { status: 422, message: "The path is not a regular file." },
  "path.too-long": {
    status: 422,
    message: "The name is longer than the file system allows.",
    hint: "Choose a shorter one.",
  },
  "path.denied": { status: 403, message: "The system does not allow access to that path." },
  "path.outside": {
    status: 403,
    message: "The file lies outside the folders this program may read.",
    hint: "Add its folder as a library first.",
  },
  "library.duplicate": { status: 409, message: "That folder is in a library already." },
  "source.duplicate": { status: 409, message: "There is a source of that name or address already." },
  "source.auth": {
    status: 422,
    message: "The source refused the user name or the password.",
    hint: "Edit the source and enter them anew.",
  },
  "source.unreachable": {
    status: 503,
    message: "The source does not answer.",
    hint: "Check its address, and that it runs and can be reached from here.",
    retryable: true,
  },
  "source.certificate": {
    status: 422,
    message: "The source's certificate is not trusted.",
    hint: "Compare its fingerprint with the one that the source shows itself, then pin it or choose a CA file.",
  },
  "source.host-key": {
    status: 422,
    message: "The source's host key is not trusted.",
    hint: "Compare its fingerprint with the one that the host shows itself, then pin it.",
  },
  "source.protocol": {
    status: 502,
    message: "The source answered what this program does not understand.",
    hint: "Check that the address is that of a supported product and version.",
  },
  "source.lost": {
    status: 503,
    message: "The connection to the source broke.",
    hint: "It is made again by itself.",
    retryable: true,
  },
  "source.disconnected": {
    status: 409,
    message: "The source is not connected.",
    hint: "Enable it, or see on its page what keeps it from connecting.",
    retryable: true,
  },
  "source.busy": {
    status: 503,
    message: "The source has too much to do.",
    hint: "Try again in a while.",
    retryable: true,
  },
  "source.privilege": {
    status: 403,
    message: "The account may not do that on the source.",
    hint: "Give it the privilege that is named, then try again.",
  },
  "source.unsupported": { status: 422, message: "This source cannot do that." },
  "source.refused": { status: 409, message: "The source refused to do that." },
  "source.no-machine": {
    status: 404,
    message: "The source has no such machine.",
    hint: "It may have been deleted or moved in the meantime.",
  },
  "source.no-snapshot": { status: 404, message: "The machine has no such snapshot." },
  "vault.unavailable": {
    status: 503,
    message: "The place where secrets are kept cannot be used.",
    hint: "Unlock the system's keyring, or use the service with its key file, then try again.",
  },
  "vault.unreadable": {
    status: 409,
    message: "The stored secret can no longer be read on this computer.",
    hint: "Enter it anew.",
  },
  "disk.unknown-format": {
    status: 422,
    message: "No known disk format claims this file.",
    hint: "If it is a raw image, say so: choose format 'raw'.",
  },
  "disk.truncated": { status: 422, message: "The file ends before a structure it announces." },
  "disk.damaged": { status: 422, message: "A structure of the disk image is damaged." },
  "disk.unsupported": { status: 422, message: "The image uses a feature this program does not support." },
  "disk.too-large": { status: 422, message: "A size in the image is beyond what can be handled." },
  "disk.backing-missing": { status: 422, message: "A parent or extent file of the disk is missing." },
  "disk.backing-cycle": { status: 422, message: "The chain of backing files loops." },
  "disk.in-use": { status: 409, message: "The disk changed while it was read." },
  "machine.damaged": { status: 422, message: "The description of the machine cannot be read." },
  "target.exists": {
    status: 409,
    message: "The target file exists already.",
    hint: "Choose another name or overwrite.",
  },
  "target.same-as-source": { status: 422, message: "Source and target are the same file." },
  "target.busy": { status: 409, message: "Another job is writing to that target." },
  "target.no-space": {
    status: 507,
    message: "The target folder has too little free space.",
    hint: "Free some space or choose another folder, then retry.",
  },
  "target.read-only": { status: 422, message: "The target folder cannot be written to." },
  "target.unsupported": { status: 422, message: "This program cannot write that format." },
  "io.read": {
    status: 500,
    message: "Reading failed.",
    hint: "Check the device or share, then retry.",
    retryable: true,
  },
  "io.write": {
    status: 500,
    message: "Writing failed.",
    hint: "Check the device or share, then retry.",
    retryable: true,
  },
  "io.vanished": {
    status: 409,
    message: "A file disappeared while it was in use.",
    hint: "Bring the file or share back, then retry.",
    retryable: true,
  },
  "verify.mismatch": {
    status: 500,
    message: "The target differs from the source.",
    hint: "Do not use the target. Retry the conversion; if it happens again check memory and storage.",
  },
  "schedule.invalid": { status: 422, message: "The schedule is not right." },
  "schedule.cycle": {
    status: 422,
    message: "The schedules depend on each other in a circle.",
    hint: "Take one of the edges away.",
  },
  "schedule.duplicate": { status: 409, message: "There is a schedule of that name already." },
  "schedule.too-many": {
    status: 422,
    message: "The rule finds more machines than the schedule allows.",
    hint: "Narrow the rule, or allow more machines in the schedule.",
  },
  "channel.duplicate": { status: 409, message: "There is a channel of that name already." },
  "notice.failed": {
    status: 502,
    message: "The notice could not be sent.",
    hint: "Check the channel's address, account and network, then test it.",
    retryable: true,
  },
  "calendar.invalid": {
    status: 422,
    message: "The calendar file cannot be read.",
    hint: "Export it anew as iCalendar (.ics), with only the days that matter.",
  },
  "book.invalid": {
    status: 422,
    message: "The price book cannot be used.",
    hint: "Take it anew from where it came from; the book that was in use stays.",
  },
  "book.signature": {
    status: 422,
    message: "The signature does not fit the price book.",
    hint: "The file was changed, or somebody else signed it. The book that was in use stays.",
  },
  "book.refused": {
    status: 409,
    message: "The price book was refused.",
    hint: "The book that was in use stays.",
  },
  "job.canceled": { status: 409, message: "The work was canceled." },
  "job.lost": {
    status: 500,
    message: "The program ended while this was running.",
    hint: "It is retried when the program starts.",
    retryable: true,
  },
  "job.crashed": { status: 500, message: "The worker ended unexpectedly.", retryable: true },
  "database.damaged": {
    status: 500,
    message: "The program's database is damaged.",
    hint: "The damaged file was kept. Starting again begins anew: without history, libraries, settings and access tokens.",
  },
  "database.newer": {
    status: 500,
    message: "The program's database was written by a newer version of the program.",
    hint: "Install the newer version, or use another data folder.",
  },
  "service.running": { status: 409, message: "Another HyperSDK program uses this data folder." },
  "service.port-taken": {
    status: 409,
    message: "The port is taken.",
    hint: "Choose another with --port, or leave it out to get a free one.",
  },
  "service.address": { status: 422, message: "The address cannot be listened on.", hint: "Check --host." },
  "service.unreachable": {
    status: 503,
    message: "The program does not answer.",
    hint: "Start it with 'hypersdk serve' or open the window.",
    retryable: true,
  },
  "shell.unavailable": { status: 501, message: "This needs the desktop window." },
  "usage.invalid": { status: 400, message: "The command line is not right.", hint: "See --help." },
  "internal.bug": {
    status: 500,
    message: "Something went wrong inside the program.",
    hint: "Please report it with the log.",
  },
} as const satisfies Record<string, CatalogueEntry>;

/** A code of {@link ERROR_CATALOGUE}. */
export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** An error as plain data: what crosses doors, is stored in rows and is shown to people. Never holds secrets. Its schema: error-data.ts. */
export interface AppErrorData {
  code: ErrorCode;
  /** What happened, with the place ("L2 table 7 of disk.qcow2"). */
  message: string;
  /** What to do next. */
  hint?: string | undefined;
  /** True where trying again later may help. */
  retryable: boolean;
  /** Facts for programs: file, structure, offset … */
  details?: Record<string, string | number | boolean | null> | undefined;
}

export interface AppErrorOptions {
  hint?: string;
  cause?: unknown;
  details?: NonNullable<AppErrorData["details"]>;
}

/** The one error class. `hint` and `retryable` default to the catalogue's. */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly details: AppErrorData["details"];

  constructor(code: ErrorCode, message?: string, options: AppErrorOptions = {}) {
    const entry: CatalogueEntry = ERROR_CATALOGUE[code];
    super(message ?? entry.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? entry.hint;
    this.retryable = entry.retryable ?? false;
    this.details = options.details;
  }

  toData(): AppErrorData {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      retryable: this.retryable,
      ...(this.details === undefined ? {} : { details: this.details }),
    };
  }

  static fromData(data: AppErrorData): AppError {
    return new AppError(data.code, data.message, {
      ...(data.hint === undefined ? {} : { hint: data.hint }),
      ...(data.details === undefined ? {} : { details: data.details }),
    });
  }

  /** Any thrown value as an AppError; what is not one becomes `internal.bug` with the original as cause. */
  static from(thrown: unknown): AppError {
    if (thrown instanceof AppError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new AppError("internal.bug", message, { cause: thrown });
  }
}
