/**
 * One program a data folder. The lock is SQLite's exclusive lock on a small file: the system lets go of it when the process
 * ends, however it ends, so there is never a stale lock to clean up.
 */
import { join } from "node:path";
import Database from "better-sqlite3";

export interface InstanceLock {
  release(): void;
}

/** Takes the lock of a data folder, or answers null where another program holds it. The folder must exist. */
export function lockInstance(dataFolder: string): InstanceLock | null {
  const connection = new Database(join(dataFolder, "lock.db"), { timeout: 0 });
  try {
    connection.exec("BEGIN EXCLUSIVE");
  } catch (thrown) {
    connection.close();
    if (thrown instanceof Database.SqliteError && thrown.code.startsWith("SQLITE_BUSY")) return null;
    throw thrown;
  }
  return { release: () => connection.close() };
}
