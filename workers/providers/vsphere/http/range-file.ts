/**
 * A file of a datastore, read piece by piece with Range requests through `/folder`. A piece is data only when it came as status 206
 * with exactly the Content-Range that was asked for, and as long as it should be; everything else is retried where that may help, and
 * an error where not.
 */
import { AppError } from "../../../../src-core/model/error.ts";
import { pause } from "../pause.ts";
import type { Answer } from "./body-connection.ts";
import type { HostDoor } from "./host-door.ts";
import type { HostGate, TurnEnd } from "./host-gate.ts";

export interface RangeFile {
  /** What errors call it: "[datastore] folder/disk-flat.vmdk". */
  readonly name: string;
  readonly sizeBytes: number;
  /** Fills `into`. Calls may overlap; the gate says how many are on their way at once. @throws AppError io.read, io.vanished, source.* */
  read(offset: number, into: Uint8Array, signal: AbortSignal): Promise<void>;
}

export interface FolderAccess {
  readonly door: HostDoor;
  readonly gate: HostGate;
  /** The session's cookie, as it is at present. */
  cookie(): string | null;
  /** The server does not take the cookie: log in anew, unless somebody did meanwhile. */
  renew(cookie: string | null, signal: AbortSignal): Promise<void>;
  /** Between two tries, before jitter: the n-th is 2^n times as long. */
  readonly retryMs: number;
  /** Between 0 and 1. */
  random(): number;
}

const TRIES = 7;
const LONGEST_PAUSE_MS = 30_000;
/** More than one: while a request waited for its turn others may have logged in anew. */
const MOST_RENEWALS = 3;

/** A status that may be another one a little later. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);
/** Of these, those that a host gives which is asked for too much at once. */
const TOO_MUCH = new Set([429, 500, 503]);

/** @param path path and query */
export function rangeFile(access: FolderAccess, path: string, name: string, sizeBytes: number): RangeFile {
  return {
    name,
    sizeBytes,
    async read(offset, into, signal) {
      if (into.length > 0) await readRange(access, { path, name, sizeBytes }, offset, into, signal, TRIES);
    },
  };
}

interface Place {
  readonly path: string;
  readonly name: string;
  /** Null: the answer may tell any. */
  readonly sizeBytes: number | null;
}

/** @returns the size of the file as the answer tells it */
export async function readRange(
  access: FolderAccess,
  place: Place,
  offset: number,
  into: Uint8Array,
  signal: AbortSignal,
  tries: number,
): Promise<number> {
  let renewals = 0;
  for (let failures = 0; ; ) {
    const cookie = access.cookie();
    const outcome = await tryRange(access, place, offset, into, cookie, signal);
    if (outcome.kind === "done") return outcome.sizeBytes;
    if (outcome.kind === "unauthorized" && renewals < MOST_RENEWALS) {
      renewals++;
      await access.renew(cookie, signal);
      continue;
    }
    failures++;
    if (outcome.kind !== "again" || failures >= tries) throw outcome.error;
    const wait = Math.min(LONGEST_PAUSE_MS, access.retryMs * 2 ** (failures - 1)) * (0.5 + access.random());
    await pause(Math.max(wait, Math.min(LONGEST_PAUSE_MS, outcome.afterMs)), signal);
  }
}

type Outcome =
  | { readonly kind: "done"; readonly sizeBytes: number }
  | { readonly kind: "again"; readonly error: AppError; readonly afterMs: number }
  | { readonly kind: "unauthorized" | "final"; readonly error: AppError };

async function tryRange(
  access: FolderAccess,
  place: Place,
  offset: number,
  into: Uint8Array,
  cookie: string | null,
  signal: AbortSignal,
): Promise<Outcome> {
  const { gate, door } = access;
  const turn = await gate.enter(signal);
  let ended: TurnEnd = { kind: "other" };
  try {
    const end = offset + into.length - 1;
    const headers = { range: `bytes=${offset}-${end}`, ...(cookie === null ? {} : { cookie }) };
    const answer = await door.bodies.get(place.path, headers, into, signal);
    const outcome = judge(answer, place, offset, into.length);
    if (outcome.kind === "done") ended = { kind: "data", bytes: into.length, answeredMs: answer.answeredMs };
    else if (TOO_MUCH.has(answer.status)) ended = { kind: "too-much" };
    return outcome;
  } catch (error) {
    const broken = door.translate(error, signal);
    const again = broken.code === "source.lost" || broken.code === "source.unreachable";
    return again ? { kind: "again", error: broken, afterMs: 0 } : { kind: "final", error: broken };
  } finally {
    gate.leave(turn, ended);
  }
}

function judge(answer: Answer, place: Place, offset: number, length: number): Outcome {
  const at = `[${offset}, +${length}) of ${place.name}`;
  const details = { file: place.name, offset, status: answer.status };
  const final = (error: AppError): Outcome => ({ kind: "final", error });
  if (answer.status === 206) {
    const told = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16})$/.exec(answer.contentRange ?? "");
    const [start, end, total] = (told?.slice(1) ?? []).map(Number);
    if (start !== offset || end !== offset + length - 1 || total === undefined || !Number.isSafeInteger(total)) {
      const range =
        answer.contentRange === null ? "no Content-Range" : `Content-Range '${answer.contentRange.slice(0, 80)}'`;
      return final(new AppError("source.protocol", `${at}: the host answered with ${range}`, { details }));
    }
    if (place.sizeBytes !== null && total !== place.sizeBytes) {
      return final(
        new AppError("disk.in-use", `${place.name} had ${place.sizeBytes} bytes, and has ${total} now`, { details }),
      );
    }
    if (answer.received !== length) {
      const error = new AppError("io.read", `${at}: ${answer.received} bytes came`, { details });
      return { kind: "again", error, afterMs: 0 };
    }
    return { kind: "done", sizeBytes: total };
  }
  if (answer.status === 200) {
    return final(
      new AppError("source.protocol", `${at}: the host ignores Range and sends the whole file`, { details }),
    );
  }
  const error = statusError(answer.status, at, place.name, details);
  if (answer.status === 401) return { kind: "unauthorized", error };
  return PASSING.has(answer.status) ? { kind: "again", error, afterMs: answer.retryAfterMs } : final(error);
}

export function statusError(
  status: number,
  at: string,
  name: string,
  details: Record<string, string | number>,
): AppError {
  if (status === 401) return new AppError("source.auth", `${at}: the host does not accept the session`, { details });
  if (status === 403) {
    return new AppError("source.privilege", `${at}: the account may not read files of the datastore`, {
      details: { ...details, privilege: "Datastore.Browse, Datastore.FileManagement" },
    });
  }
  if (status === 404 || status === 410)
    return new AppError("io.vanished", `${name} is not there any more`, { details });
  if (status === 503 || status === 429) {
    return new AppError("source.busy", `${at}: the host has too much to do (status ${status})`, { details });
  }
  const hint = "The file may be locked: is the machine running, or another backup at work? Then retry.";
  return new AppError("io.read", `${at}: the host answered with status ${status}`, { details, hint });
}
