/**
 * Libraries: the folders the user allowed. Disks are opened only inside them. A library is scanned when it is added and when
 * asked; what was found is kept in the database (db/library-items.ts).
 */
import { randomUUID } from "node:crypto";
import { isAbsolute } from "node:path";
import { AppError } from "../../src-core/model/error.ts";
import type { Library, LibraryItem } from "../../src-core/model/library.ts";
import {
  deleteLibrary,
  insertLibrary,
  libraryFolders,
  storedLibraries,
  storedLibrary,
  updateScan,
} from "../db/libraries.ts";
import { ItemCursor, listItems } from "../db/library-items.ts";
import { realFolder } from "../files/folder-listing.ts";
import { type FileFacts, fileFacts } from "../files/real-file.ts";
import { type ScanDeps, scanLibrary } from "./library-scan.ts";
import { createSlots } from "./slots.ts";
import { isWithin } from "./within.ts";

export interface LibrariesService {
  list(): Library[];
  /** @throws AppError path.not-found, path.not-folder, path.denied, library.duplicate (also for nested folders) */
  add(path: string): Promise<Library>;
  /** Forgets the library; a scan of it ends. @throws AppError request.not-found */
  remove(id: string): void;
  /** Scans again. While a scan runs, any number of calls lead to one more after it. @throws AppError request.not-found */
  rescan(id: string): Library;
  items(query: {
    libraryId?: string | undefined;
    search?: string | undefined;
    limit: number;
    cursor?: string | undefined;
  }): { items: LibraryItem[]; nextCursor: string | null; total: number };
  /** Real paths of all library folders. */
  folders(): string[];
  /** Facts of a file inside a library. @throws AppError path.not-found, path.not-file, path.denied, path.outside */
  file(path: string): Promise<FileFacts>;
  /** Scans anew what was being scanned when the program ended. */
  recover(): void;
  /** Ends all scans; they are taken up by `recover` at the next start. */
  stop(): Promise<void>;
}

/** Scans at the same time: the walk is bound by the disk, more would only make it seek. */
const SCANS_AT_ONCE = 2;

export function createLibraries(deps: ScanDeps): LibrariesService {
  const { db, hub } = deps;
  const slots = createSlots(SCANS_AT_ONCE);
  const scans = new Map<string, { stop: AbortController; again: boolean; done: Promise<void> }>();

  const existing = (id: string): Library => {
    const library = storedLibrary(db, id);
    if (library === null) throw new AppError("request.not-found", "There is no such library.");
    return library;
  };

  /** Told to the pages as it is now: its scan may have to wait for its turn. */
  const told = (id: string): Library => {
    const library = existing(id);
    hub.publish({ type: "library", library });
    return library;
  };

  const startScan = (id: string) => {
    const running = scans.get(id);
    if (running !== undefined) {
      running.again = true;
      return;
    }
    const scan = { stop: new AbortController(), again: true, done: Promise.resolve() };
    scans.set(id, scan);
    scan.done = (async () => {
      while (scan.again && !scan.stop.signal.aborted) {
        await slots
          .run(() => {
            scan.again = false;
            return scanLibrary(deps, id, scan.stop.signal);
          }, scan.stop.signal)
          .catch((error: unknown) => {
            // The wait in line ends with `stop`; all else (the database's disk is full) ends this scan, which can be asked for anew.
            if (!scan.stop.signal.aborted)
              deps.log.error("A library scan could not be recorded", { libraryId: id, error });
            scan.again = false;
          });
      }
      if (scans.get(id) === scan) scans.delete(id);
    })();
  };

  return {
    list: () => storedLibraries(db),
    async add(path) {
      const folder = await realFolder(absolute(path));
      refuseOverlap(folder, libraryFolders(db));
      const id = randomUUID();
      insertLibrary(db, {
        id,
        path: folder,
        addedAt: new Date(deps.now()).toISOString(),
        scan: { state: "scanning", finishedAt: null, filesSeen: 0, error: null, warnings: [] },
      });
      startScan(id);
      return told(id);
    },
    remove(id) {
      existing(id);
      scans.get(id)?.stop.abort();
      scans.delete(id);
      deleteLibrary(db, id);
      hub.publish({ type: "library-removed", libraryId: id });
    },
    rescan(id) {
      const library = existing(id);
      if (library.scan.state !== "scanning") {
        updateScan(db, id, { ...library.scan, state: "scanning", filesSeen: 0, error: null, warnings: [] });
      }
      startScan(id);
      return told(id);
    },
    items({ libraryId, search, limit, cursor }) {
      const page = listItems(db, { libraryId, search, limit, after: cursor === undefined ? undefined : parse(cursor) });
      const nextCursor = page.next && Buffer.from(JSON.stringify(page.next)).toString("base64url");
      return { items: page.items, nextCursor, total: page.total };
    },
    folders: () => libraryFolders(db),
    async file(path) {
      const facts = await fileFacts(absolute(path));
      if (!libraryFolders(db).some((folder) => isWithin(folder, facts.realPath))) {
        throw new AppError("path.outside", `${path} lies in none of the libraries.`, { details: { path } });
      }
      if (facts.isFile || facts.isDevice) return facts;
      throw new AppError("path.not-file", `${path} is not a regular file or block device.`, { details: { path } });
    },
    recover() {
      for (const library of storedLibraries(db)) {
        if (library.scan.state === "scanning") startScan(library.id);
      }
    },
    async stop() {
      const running = [...scans.values()];
      for (const scan of running) scan.stop.abort();
      await Promise.all(running.map((scan) => scan.done));
    },
  };
}

function absolute(path: string): string {
  if (!isAbsolute(path))
    throw new AppError("request.invalid", `${path} is not an absolute path.`, { details: { path } });
  return path;
}

function refuseOverlap(folder: string, others: readonly string[]): void {
  for (const other of others) {
    const details = { path: folder, library: other };
    if (other === folder) throw new AppError("library.duplicate", `${folder} is a library already.`, { details });
    if (isWithin(other, folder)) {
      throw new AppError("library.duplicate", `${folder} is inside the library ${other} already.`, { details });
    }
    if (isWithin(folder, other)) {
      throw new AppError("library.duplicate", `${folder} contains the library ${other}.`, {
        details,
        hint: "Remove that library first, or add only folders beside it.",
      });
    }
  }
}

function parse(cursor: string): ItemCursor {
  try {
    return ItemCursor.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
  } catch (cause) {
    throw new AppError("request.invalid", "cursor: this is not a cursor of this list.", { cause });
  }
}
