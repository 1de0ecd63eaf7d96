/**
 * Areas of a disk that changed since a state, or that are allocated ("*"), page after page (QueryChangedDiskAreas). What the server
 * says is checked: pages go on where the one before ended, areas are in order, and no area is lost between two pages.
 */
import { AppError } from "../../../../src-core/model/error.ts";
import { type DiskArea, type DiskChanges, queryChangedDiskAreas } from "../calls/machines.ts";
import type { Session } from "../session.ts";
import type { Ref } from "../soap/read-value.ts";

export interface AreaPage {
  readonly start: number;
  readonly end: number;
  /** Ascending, apart, inside the page. */
  readonly areas: readonly DiskArea[];
}

/** Asks for the page that begins at an offset. */
export type AreaQuery = (startOffset: number) => Promise<DiskChanges>;

export interface AreasOf {
  readonly machine: Ref;
  /** Null: as the machine is now, which must be off. */
  readonly snapshot: Ref | null;
  readonly deviceKey: number;
  /** "*" = allocated; else of an earlier snapshot of the same disk. */
  readonly changeId: string;
}

export function areaQuery(session: Session, of: AreasOf, signal: AbortSignal): AreaQuery {
  return (startOffset) =>
    queryChangedDiskAreas(session, of.machine, of.snapshot, of.deviceKey, startOffset, of.changeId, signal);
}

/** @throws AppError source.protocol for a page that makes no sense */
export async function areaPage(query: AreaQuery, start: number, capacityBytes: number): Promise<AreaPage> {
  const got = await query(start);
  const end = Math.min(capacityBytes, got.start + got.length);
  if (got.start < 0 || got.length < 0 || got.start > start || end <= start) {
    throw new AppError(
      "source.protocol",
      `the changed areas from ${start} on: the server tells of [${got.start}, +${got.length}) of ${capacityBytes} bytes`,
    );
  }
  return { start, end, areas: orderly(got.areas, start, end) };
}

/** In order, joined, cut to the page. What reaches beyond the page is told by the next one again, or by this one wrongly. */
function orderly(areas: readonly DiskArea[], start: number, end: number): DiskArea[] {
  const inside: { start: number; length: number }[] = [];
  for (const area of [...areas].sort((one, other) => one.start - other.start)) {
    const from = Math.max(area.start, start);
    const to = Math.min(area.start + area.length, end);
    if (area.start < 0 || area.length < 0)
      throw new AppError("source.protocol", `a changed area begins at ${area.start}`);
    if (to <= from) continue;
    const last = inside.at(-1);
    if (last !== undefined && from <= last.start + last.length)
      last.length = Math.max(last.start + last.length, to) - last.start;
    else inside.push({ start: from, length: to - from });
  }
  return inside;
}

/** All pages of a disk. @throws AppError source.refused, source.privilege, source.protocol … as the server says */
export async function* areaPages(
  query: AreaQuery,
  capacityBytes: number,
  from = 0,
): AsyncGenerator<AreaPage, void, void> {
  for (let at = from; at < capacityBytes; ) {
    const page = await areaPage(query, at, capacityBytes);
    yield page;
    at = page.end;
  }
}

/** Pages held at once. */
const HELD = 4;

/** The areas around where a disk is read, asked for when they are needed and one page ahead. */
export class AreaMap {
  readonly #query: AreaQuery;
  readonly #capacityBytes: number;
  readonly #failed: (error: AppError) => void;
  #pages: AreaPage[];
  #coming = new Map<number, Promise<AreaPage>>();
  #given = false;

  /**
   * @param first the disk's first page, known already
   * @param failed told where the server no longer tells: from then on everything counts as data
   */
  constructor(query: AreaQuery, capacityBytes: number, first: AreaPage, failed: (error: AppError) => void) {
    this.#query = query;
    this.#capacityBytes = capacityBytes;
    this.#pages = [first];
    this.#failed = failed;
  }

  /** The page with the offset in it. */
  async page(offset: number): Promise<AreaPage> {
    const known = this.known(offset) ?? (await this.#ask(offset));
    if (known.end < this.#capacityBytes && this.known(known.end) === null) void this.#ask(known.end);
    return known;
  }

  /** As `page`, of those that are here. */
  known(offset: number): AreaPage | null {
    return this.#pages.find(({ start, end }) => start <= offset && offset < end) ?? null;
  }

  /** Never rejects: not to know what is allocated is no reason not to read. */
  #ask(offset: number): Promise<AreaPage> {
    const all: AreaPage = {
      start: offset,
      end: this.#capacityBytes,
      areas: [{ start: offset, length: this.#capacityBytes - offset }],
    };
    if (this.#given) return Promise.resolve(all);
    const coming = this.#coming.get(offset);
    if (coming !== undefined) return coming;
    const asked = areaPage(this.#query, offset, this.#capacityBytes)
      .catch((error: unknown) => {
        if (!this.#given) this.#failed(AppError.from(error));
        this.#given = true;
        return all;
      })
      .then((page) => {
        this.#coming.delete(offset);
        this.#pages = [...this.#pages.slice(1 - HELD), page];
        return page;
      });
    this.#coming.set(offset, asked);
    return asked;
  }
}
