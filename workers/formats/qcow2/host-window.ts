/**
 * For `check`: who uses the clusters of one window of the file, beside what the reference counts say. Memory is bounded; a larger
 * file is gone through window by window, only those that something claims.
 */
import type { CheckFinding } from "../../../src-core/model/disk.ts";

/** 4 Mi clusters, 20 MiB of memory: 256 GiB of file at the usual cluster size. */
export const WINDOW_CLUSTERS = 4 * 1024 * 1024;

/** Counts are told up to this; QEMU's images have 16 bits for them. */
export const MAX_COUNT = 0xffff;

/** What a cluster is used for. Only guest data is ever shared with other guest data, an L2 table with other states of the disk. */
export const USE = { table: 1, l2: 2, data: 4 } as const;
type Use = (typeof USE)[keyof typeof USE];

const WORDS = { [USE.table]: "a table", [USE.l2]: "an L2 table", [USE.data]: "data" } as const;

export class HostWindow {
  readonly #clusterBytes: number;
  readonly #fileClusters: number;
  /** What the image says. */
  readonly stored: Uint16Array;
  readonly #used: Uint16Array;
  readonly #uses: Uint8Array;
  #first = 0;
  #end = 0;
  /** First cluster behind the window that something claims. */
  #next = Number.POSITIVE_INFINITY;
  #spanFrom = Number.POSITIVE_INFINITY;
  #spanTo = 0;

  constructor(fileBytes: number, clusterBytes: number) {
    this.#clusterBytes = clusterBytes;
    this.#fileClusters = Math.ceil(fileBytes / clusterBytes);
    const clusters = Math.min(WINDOW_CLUSTERS, this.#fileClusters);
    this.stored = new Uint16Array(clusters);
    this.#used = new Uint16Array(clusters);
    this.#uses = new Uint8Array(clusters);
  }

  get firstCluster(): number {
    return this.#first;
  }

  /** How many windows there are at most. */
  get windows(): number {
    return Math.ceil(this.#fileClusters / WINDOW_CLUSTERS);
  }

  /** Clusters that were used since `beginSpan`: [from, to). */
  get span(): { readonly from: number; readonly to: number } {
    return { from: this.#spanFrom, to: this.#spanTo };
  }

  beginSpan(): void {
    this.#spanFrom = Number.POSITIVE_INFINITY;
    this.#spanTo = 0;
  }

  /** Whether any of [from, to) lies in the window; what lies behind it is kept in mind for `following`. */
  meets({ from, to }: { readonly from: number; readonly to: number }): boolean {
    this.claim(from, to);
    return from < this.#end && to > this.#first;
  }

  /** Begins the window at `first`, a multiple of the window's size. */
  begin(first: number): void {
    this.#first = first;
    this.#end = Math.min(this.#fileClusters, first + WINDOW_CLUSTERS);
    this.#next = Number.POSITIVE_INFINITY;
    this.#used.fill(0);
    this.#uses.fill(0);
  }

  /** The window after this one with anything in it; null = none. */
  get following(): number | null {
    return this.#next < this.#fileClusters ? Math.floor(this.#next / WINDOW_CLUSTERS) * WINDOW_CLUSTERS : null;
  }

  /** Counts a user of every cluster that [atBytes, +length) touches. What lies behind the file is left out. */
  use(atBytes: number, length: number, use: Use): void {
    if (length <= 0) return;
    const from = Math.floor(atBytes / this.#clusterBytes);
    const to = Math.floor((atBytes + length - 1) / this.#clusterBytes) + 1;
    this.#spanFrom = Math.min(this.#spanFrom, from);
    this.#spanTo = Math.max(this.#spanTo, to);
    this.claim(from, to);
    const end = Math.min(to, this.#end) - this.#first;
    for (let i = Math.max(from - this.#first, 0); i < end; i++) {
      this.#used[i] = Math.min(MAX_COUNT, (this.#used[i] ?? 0) + 1);
      const before = this.#uses[i] ?? 0;
      this.#uses[i] = before | use | (use === USE.table && before !== 0 ? SHARED_TABLE : 0);
    }
  }

  /** Clusters [from, to) want to be looked at. */
  claim(from: number, to: number): void {
    if (to > this.#end) this.#next = Math.min(this.#next, Math.max(from, this.#end));
  }

  /** What the image says about the cluster at `atBytes`; null = it lies in another window. */
  storedCount(atBytes: number): number | null {
    const cluster = Math.floor(atBytes / this.#clusterBytes);
    return cluster >= this.#first && cluster < this.#end ? (this.stored[cluster - this.#first] ?? 0) : null;
  }

  /**
   * Where use and counts disagree, and where one cluster is used for two things: neighbours of one kind as one finding.
   * @param complete false: not everything that uses clusters is known, so that a cluster nobody uses is no finding
   */
  *findings(complete: boolean): Iterable<CheckFinding> {
    const clusters = this.#end - this.#first;
    for (let i = 0; i < clusters; ) {
      const [stored, used, uses] = [this.stored[i], this.#used[i] ?? 0, this.#uses[i] ?? 0];
      let next = i + 1;
      while (
        next < clusters &&
        this.stored[next] === stored &&
        this.#used[next] === used &&
        this.#uses[next] === uses
      ) {
        next++;
      }
      const offsetBytes = (this.#first + i) * this.#clusterBytes;
      const where = { structure: "host clusters", offsetBytes };
      const which = next - i === 1 ? `The cluster at ${offsetBytes}` : `${next - i} clusters from ${offsetBytes} on`;
      const is = next - i === 1 ? "is" : "are";
      if (stored !== undefined && stored !== used) {
        const message = `${which} ${is} counted ${times(stored)} and used ${times(used)}`;
        if (used > stored) yield { severity: "error", ...where, message: `${message}: a write could destroy content.` };
        else if (complete) yield { severity: "leak", ...where, message: `${message}: space that nothing uses.` };
      }
      if (isShared(uses)) {
        yield {
          severity: "error",
          ...where,
          message: `${which} ${is} used for more than one thing: ${described(uses)}.`,
        };
      }
      i = next;
    }
  }
}

/** A table that is there twice, or together with something else. */
const SHARED_TABLE = 8;

function isShared(uses: number): boolean {
  return (uses & SHARED_TABLE) !== 0 || ![0, USE.table, USE.l2, USE.data].includes(uses);
}

function described(uses: number): string {
  const words = [USE.table, USE.l2, USE.data].filter((use) => (uses & use) !== 0).map((use) => WORDS[use]);
  return words.length === 1 ? "several tables" : words.join(" and ");
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}
