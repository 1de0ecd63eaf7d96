/**
 * Opens the one database of the program and is the only place that talks to better-sqlite3.
 *
 * All calls are synchronous, so that what must be one transaction is plain code between two lines. Kysely only builds typed
 * SQL (it never executes); `Db.all`, `get` and `run` execute what it built. A table's file holds plain functions taking a Db.
 */
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { type Compilable, DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";
import { AppError } from "../../src-core/model/error.ts";
import { MIGRATIONS } from "./migrations/list.ts";
import type { Migration } from "./migrations/migration.ts";
import type { Tables } from "./tables.ts";

export interface Db {
  /** Builds typed SQL; hand the result to `all`, `get` or `run`. Its own `execute` methods do nothing. */
  readonly sql: Kysely<Tables>;
  all<Row>(query: Compilable<Row>): Row[];
  get<Row>(query: Compilable<Row>): Row | undefined;
  /** Executes a statement that returns no rows. */
  run(query: Compilable<unknown>): { changes: number; lastInsertRowid: number };
  /**
   * Runs `work` as one transaction: all of it is on the disk when this returns, or none of it when it throws.
   * Nested calls are savepoints of the outer one. `work` must be synchronous.
   */
  transaction<T>(work: () => T): T;
  /** Calls `then` once the transaction in hand is committed (at once outside of one); never after a rollback. */
  afterCommit(then: () => void): void;
  close(): void;
}

/**
 * Opens (or makes) the database at `file` and brings it to the program's version. ":memory:" is for tests.
 * @throws AppError database.damaged (the file has then been moved aside, nothing is overwritten), database.newer, io.read
 */
export function openDatabase(file: string, migrations: readonly Migration[] = MIGRATIONS): Db {
  const inMemory = file === ":memory:";
  if (!inMemory) mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  let connection: Database.Database | null = null;
  try {
    connection = new Database(file);
    configure(connection);
    if (!inMemory) checkIntegrity(connection);
    migrate(connection, file, migrations);
    return wrap(connection);
  } catch (thrown) {
    connection?.close();
    if (isDamage(thrown)) throw setAside(file, thrown);
    if (thrown instanceof AppError) throw thrown;
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new AppError("io.read", `The database ${file} cannot be opened: ${why}`, { cause: thrown });
  }
}

function configure(connection: Database.Database): void {
  connection.pragma("busy_timeout = 5000");
  connection.pragma("journal_mode = WAL");
  // FULL, not NORMAL: a job that was answered with its id survives a power cut. It costs one fsync a commit, and commits are
  // rare (state changes and checkpoints, never progress).
  connection.pragma("synchronous = FULL");
  connection.pragma("foreign_keys = ON");
  connection.pragma("trusted_schema = OFF");
}

class DamageFound extends Error {}

function checkIntegrity(connection: Database.Database): void {
  const findings = connection.pragma("quick_check(5)") as { quick_check: string }[];
  const first = findings[0]?.quick_check;
  if (first !== "ok") throw new DamageFound(first ?? "the integrity check gave no answer");
}

function isDamage(thrown: unknown): boolean {
  if (thrown instanceof DamageFound) return true;
  const code = thrown instanceof Database.SqliteError ? thrown.code : "";
  return code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB";
}

/** Moves the damaged file (and its journal) out of the way, so that it can be looked into and the next start is possible. */
function setAside(file: string, cause: unknown): AppError {
  let number = 1;
  while (existsSync(`${file}.damaged-${number}`)) number += 1;
  const kept = `${file}.damaged-${number}`;
  renameSync(file, kept);
  for (const suffix of ["-wal", "-shm"]) if (existsSync(file + suffix)) renameSync(file + suffix, kept + suffix);
  const why = cause instanceof Error ? cause.message : String(cause);
  return new AppError("database.damaged", `The database ${file} is damaged (${why}). It was kept as ${kept}.`, {
    cause,
    details: { file, kept },
  });
}

function migrate(connection: Database.Database, file: string, migrations: readonly Migration[]): void {
  const version = connection.pragma("user_version", { simple: true }) as number;
  if (version > migrations.length) {
    throw new AppError(
      "database.newer",
      `The database ${file} has version ${version}; this program knows versions up to ${migrations.length}.`,
      { details: { file, version, known: migrations.length } },
    );
  }
  for (const [index, migration] of migrations.entries()) {
    if (index < version) continue;
    connection
      .transaction(() => {
        connection.exec(migration.sql);
        connection.pragma(`user_version = ${index + 1}`);
      })
      .immediate();
  }
}

/** What is wrong with the file rather than with the program is told as such. @throws AppError io.write, database.damaged */
function named<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (isDamage(cause)) {
      const hint = "End the program and start it again: it keeps the damaged file and begins a new database.";
      throw new AppError("database.damaged", undefined, { cause, hint });
    }
    const code = cause instanceof Database.SqliteError ? cause.code : "";
    if (code === "SQLITE_FULL") {
      const hint = "Free some space on the disk of the data folder, then try again.";
      throw new AppError("io.write", "The program's database cannot be written: its disk is full.", { cause, hint });
    }
    if (!/^SQLITE_(IOERR|READONLY|CANTOPEN)/.test(code)) throw cause;
    throw new AppError("io.write", `The program's database cannot be read or written (${code}).`, {
      cause,
      hint: "Check the disk of the data folder, then try again.",
    });
  }
}

function wrap(connection: Database.Database): Db {
  const sql = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
  const prepared = new Map<string, Database.Statement>();
  const afterwards: (() => void)[] = [];
  let following = false;

  const prepare = (query: Compilable<unknown>): [Database.Statement, readonly unknown[]] => {
    const compiled = query.compile();
    let statement = prepared.get(compiled.sql);
    if (statement === undefined) {
      // Lists of varying length make ever new texts; starting over now and then keeps the cache bounded.
      if (prepared.size >= 500) prepared.clear();
      statement = connection.prepare(compiled.sql);
      prepared.set(compiled.sql, statement);
    }
    return [statement, compiled.parameters];
  };

  /** Calls what is due, in order: what one of them brings up comes after those that were due before it. */
  const followUp = () => {
    if (following) return;
    following = true;
    try {
      for (let then = afterwards.shift(); then !== undefined; then = afterwards.shift()) then();
    } finally {
      following = false;
    }
  };

  return {
    sql,
    all<Row>(query: Compilable<Row>): Row[] {
      const [statement, parameters] = prepare(query);
      return named(() => statement.all(...parameters) as Row[]);
    },
    get<Row>(query: Compilable<Row>): Row | undefined {
      const [statement, parameters] = prepare(query);
      return named(() => statement.get(...parameters) as Row | undefined);
    },
    run(query) {
      const [statement, parameters] = prepare(query);
      const { changes, lastInsertRowid } = named(() => statement.run(...parameters));
      return { changes, lastInsertRowid: Number(lastInsertRowid) };
    },
    transaction<T>(work: () => T): T {
      const outermost = !connection.inTransaction;
      const registered = afterwards.length;
      let result: T;
      try {
        result = named(() => connection.transaction(work).immediate());
      } catch (thrown) {
        afterwards.length = registered;
        throw thrown;
      }
      if (outermost) followUp();
      return result;
    },
    afterCommit(then) {
      afterwards.push(then);
      if (!connection.inTransaction) followUp();
    },
    close() {
      connection.close();
    },
  };
}
