/**
 * A lease on whole disks as streams (HttpNfcLease). The server ends it where it hears nothing for its timeout, however busy the stream:
 * so it is told the progress all the time, by a clock of its own. Completed only where everything that was read is verified.
 */
import { AppError } from "../../../../src-core/model/error.ts";
import * as calls from "../calls/leases.ts";
import { every, pause } from "../pause.ts";
import type { Session } from "../session.ts";
import { faultOf, localizedFault } from "../soap/fault.ts";
import type { Ref } from "../soap/read-value.ts";

const FIRST_LOOK_MS = 50;
const LATER_LOOK_MS = 1000;

/** What tells that the lease is no more, in contrast to a call that did not get through. */
const ENDED = new Set(["ManagedObjectNotFound", "InvalidState", "Timedout", "NotAuthenticated"]);

/** What a server says that knows no manifests. */
const NO_MANIFESTS = new Set(["NotSupported", "NotImplemented", "MethodNotFound", "InvalidRequest"]);

export class DiskLease {
  readonly urls: readonly calls.DeviceUrl[];
  readonly #session: Session;
  readonly #lease: Ref;
  readonly #stopBeat: () => void;
  readonly #ended = new AbortController();
  #lost: AppError | null = null;
  #givenBack: Promise<void> = Promise.resolve();
  #percent = 0;
  #closed = false;

  private constructor(session: Session, lease: Ref, state: calls.LeaseState) {
    this.#session = session;
    this.#lease = lease;
    this.urls = state.urls;
    const longest = ((state.timeoutSeconds ?? 300) * 1000) / 3;
    this.#stopBeat = every(
      Math.max(10, Math.min(session.tuning.leaseBeatMs, longest)),
      () => this.#beat(),
      (error) =>
        session.context.log(
          "warning",
          `the lease ${lease.id} could not be told its progress: ${AppError.from(error).message}`,
        ),
    );
  }

  /**
   * @param of a machine that is off, or a snapshot
   * @throws AppError what the server says; source.busy where it does not get ready; job.canceled
   */
  static async open(session: Session, of: Ref, signal: AbortSignal): Promise<DiskLease> {
    // Not cut short: a lease that was given must be known.
    const lease = await calls
      .exportLease(session, of, session.context.signal)
      .catch((error: unknown) => Promise.reject(explained(of, error)));
    try {
      const until = session.context.now() + session.tuning.leaseReadyMs;
      for (let wait = FIRST_LOOK_MS; ; wait = Math.min(LATER_LOOK_MS, wait * 2)) {
        const state = await calls.leaseState(session, lease, signal);
        if (state.state === "ready") return new DiskLease(session, lease, state);
        if (state.state === "error") {
          const what = `the export of ${of.id}`;
          throw state.error === null
            ? new AppError("source.refused", `${what} failed`)
            : localizedFault(what, state.error);
        }
        if (state.state === "done")
          throw new AppError("source.refused", `the export of ${of.id} was ended by the server`);
        if (session.context.now() > until)
          throw new AppError("source.busy", `the export of ${of.id} does not get ready`);
        await pause(wait, signal);
      }
    } catch (error) {
      await abortQuietly(session, lease);
      throw error;
    }
  }

  /** Aborted when the lease is no more: streams stop. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Why the lease is no more; null while it lives. */
  get lost(): AppError | null {
    return this.#lost;
  }

  /** Resolves once a lease that is no more holds the machine no longer: another one may be asked for. */
  get givenBack(): Promise<void> {
    return this.#givenBack;
  }

  /** Asks whether the lease still lives, rather than wait for the next word of progress. */
  async isLost(): Promise<boolean> {
    // Where the question does not get through nothing is known.
    await this.#beat().catch(() => {});
    return this.#lost !== null;
  }

  /** @param percent 0 to 99: at 100 some servers take it for done */
  note(percent: number): void {
    this.#percent = Math.max(this.#percent, Math.min(99, Math.max(0, Math.floor(percent))));
  }

  /** What the host says of a file that was read to its end; null where it does not say. */
  async manifestOf(key: string, signal: AbortSignal): Promise<calls.ManifestEntry | null> {
    try {
      const entries = await calls.leaseManifest(this.#session, this.#lease, signal);
      return entries.find((entry) => entry.key === key) ?? null;
    } catch (error) {
      // Not all servers know manifests of exports; any other refusal leaves a disk that nobody vouches for.
      if (!NO_MANIFESTS.has(faultOf(error) ?? "")) throw error;
      this.#session.context.log("info", `no manifest of ${this.#lease.id}: ${AppError.from(error).message}`);
      return null;
    }
  }

  /** Again is fine. Never throws: a lease ends by itself as well. @param complete false: it was given up */
  async close(complete: boolean): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopBeat();
    this.#ended.abort();
    if (this.#lost !== null) return;
    if (!complete) return await abortQuietly(this.#session, this.#lease);
    try {
      await calls.completeLease(this.#session, this.#lease, AbortSignal.timeout(30_000));
    } catch (error) {
      this.#session.context.log(
        "info",
        `the lease ${this.#lease.id} could not be completed: ${AppError.from(error).message}`,
      );
    }
  }

  async #beat(): Promise<void> {
    try {
      await calls.leaseProgress(this.#session, this.#lease, this.#percent, this.#session.context.signal);
    } catch (error) {
      if (!ENDED.has(faultOf(error) ?? "") || this.#closed || this.#lost !== null) throw error;
      this.#lost = new AppError(
        "source.lost",
        `The server ended the lease ${this.#lease.id} before the disks were read`,
        {
          cause: error,
          hint: "The disk is read anew from its start.",
        },
      );
      this.#stopBeat();
      // In case only the word of progress was refused: it must not hold the machine.
      this.#givenBack = abortQuietly(this.#session, this.#lease);
      this.#ended.abort();
      await this.#givenBack;
    }
  }
}

/** What is gone by its name; of a machine that is busy, the likely reason after a crash. */
function explained(of: Ref, error: unknown): unknown {
  if (faultOf(error) === "ManagedObjectNotFound") {
    return of.type === "VirtualMachine"
      ? new AppError("source.no-machine", `The machine ${of.id} is not there any more`, { cause: error })
      : new AppError("source.no-snapshot", `The snapshot ${of.id} is not there any more`, { cause: error });
  }
  const { code, message } = AppError.from(error);
  if (code !== "source.busy") return error;
  const hint =
    "Another task is at work on the machine, or the lease of an export that was killed still holds it: that ends by itself within five minutes. Then retry.";
  return new AppError(code, message, { cause: error, hint });
}

async function abortQuietly(session: Session, lease: Ref): Promise<void> {
  try {
    await calls.abortLease(session, lease, AbortSignal.timeout(30_000));
  } catch (error) {
    session.context.log("info", `the lease ${lease.id} could not be given back: ${AppError.from(error).message}`);
  }
}
