import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AppError } from "../../src-core/model/error.ts";
import { insertEvent } from "./events.ts";
import { jobExists } from "./jobs.ts";
import { MIGRATIONS } from "./migrations/list.ts";
import { openDatabase } from "./open.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "open-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = () => join(folder, "deeper", "hypersdk.db");
const failure = (call: () => unknown): AppError => {
  try {
    call();
  } catch (error) {
    return AppError.from(error);
  }
  throw new Error("it did not fail");
};

describe("openDatabase", () => {
  it("makes the file and its folder, and finds everything again", () => {
    const db = openDatabase(file());
    insertEvent(db, { type: "work", paused: true });
    db.close();
    const again = openDatabase(file());
    expect(insertEvent(again, { type: "work", paused: false })).toBe(2);
    again.close();
    const raw = new Database(file());
    expect(raw.pragma("journal_mode", { simple: true })).toBe("wal");
    expect(raw.pragma("user_version", { simple: true })).toBe(MIGRATIONS.length);
    raw.close();
  });

  it("runs only the migrations that are missing, each with its version or not at all", () => {
    const first = { name: "001-a", sql: "CREATE TABLE a (x INTEGER) STRICT;" };
    const broken = { name: "002-b", sql: "CREATE TABLE b (x INTEGER) STRICT; CREATE TABLE a (y INTEGER) STRICT;" };
    const good = { name: "002-b", sql: "CREATE TABLE b (x INTEGER) STRICT;" };
    openDatabase(file(), [first]).close();
    expect(failure(() => openDatabase(file(), [first, broken])).message).toContain("table a already exists");
    openDatabase(file(), [first, good]).close();
    openDatabase(file(), [first, good]).close();
    const raw = new Database(file());
    expect(raw.pragma("user_version", { simple: true })).toBe(2);
    raw.close();
  });

  it("refuses a database of a newer program and leaves it alone", () => {
    openDatabase(file()).close();
    const raw = new Database(file());
    raw.pragma("user_version = 99");
    raw.close();
    const error = failure(() => openDatabase(file()));
    expect(error).toMatchObject({ code: "database.newer", details: { version: 99, known: MIGRATIONS.length } });
    expect(readdirSync(join(folder, "deeper"))).toEqual(["hypersdk.db"]);
  });

  it.each([
    ["is no database at all", () => Buffer.from("once upon a time ".repeat(1000))],
    [
      "was overwritten in the middle",
      (whole: Buffer) => {
        whole.fill(0xa5, 4096 * 3, 4096 * 12);
        return whole;
      },
    ],
    ["was cut off", (whole: Buffer) => whole.subarray(0, 4096 * 5)],
  ])("keeps a file that %s, says where, and can start anew", (_, damage) => {
    const db = openDatabase(file());
    for (let n = 0; n < 200; n += 1) insertEvent(db, { type: "run-removed", runId: `run ${n} `.repeat(10) });
    db.close();
    const damaged = damage(readFileSync(file()));
    writeFileSync(file(), damaged);
    const error = failure(() => openDatabase(file()));
    expect(error.code).toBe("database.damaged");
    const kept = String(error.details?.kept);
    expect(readFileSync(kept)).toEqual(Buffer.from(damaged));
    const fresh = openDatabase(file());
    expect(insertEvent(fresh, { type: "settings" })).toBe(1);
    fresh.close();
    writeFileSync(file(), damaged);
    expect(String(failure(() => openDatabase(file())).details?.kept)).not.toBe(kept);
  });

  it("says why a path cannot be a database", () => {
    const error = failure(() => openDatabase(folder));
    expect(error).toMatchObject({ code: "io.read", message: expect.stringContaining(folder) });
  });
});

describe("Db", () => {
  it("keeps all of a transaction or nothing, savepoints included", () => {
    const db = openDatabase(":memory:");
    const job = (id: string) =>
      db.run(db.sql.insertInto("jobs").values({ id, kind: "convert", name: id, request: "{}", created_at: "" }));
    const after: string[] = [];
    db.transaction(() => {
      job("outer");
      db.afterCommit(() => after.push("outer"));
      expect(() =>
        db.transaction(() => {
          job("inner");
          db.afterCommit(() => after.push("inner"));
          throw new Error("inner fails");
        }),
      ).toThrow("inner fails");
      expect(after).toEqual([]);
    });
    expect([jobExists(db, "outer"), jobExists(db, "inner")]).toEqual([true, false]);
    expect(after).toEqual(["outer"]);
    expect(() =>
      db.transaction(() => {
        job("never");
        throw new Error("outer fails");
      }),
    ).toThrow("outer fails");
    expect(jobExists(db, "never")).toBe(false);
    db.close();
  });

  it("calls what waits for the commit in order, also what one of them brings up", () => {
    const db = openDatabase(":memory:");
    const said: string[] = [];
    db.transaction(() => {
      db.afterCommit(() => {
        said.push("first");
        db.transaction(() => db.afterCommit(() => said.push("third")));
      });
      db.afterCommit(() => said.push("second"));
    });
    expect(said).toEqual(["first", "second", "third"]);
    db.close();
  });

  it("tells of a full disk as such, and goes on once there is space", () => {
    const db = openDatabase(file());
    const mostPages = (pages: number) =>
      db.get({ compile: () => sql`PRAGMA max_page_count = ${sql.lit(pages)}`.compile(db.sql) });
    const large = { type: "run-removed", runId: "x".repeat(100_000) } as const;
    mostPages(1);
    const error = failure(() => db.transaction(() => insertEvent(db, large)));
    expect(error).toMatchObject({ code: "io.write", hint: expect.stringContaining("Free some space") });
    mostPages(10_000);
    expect(insertEvent(db, large)).toBe(1);
    db.close();
  });

  it("holds the rows to their keys and types", () => {
    const db = openDatabase(":memory:");
    const task = {
      id: "t",
      run_id: "nobody",
      position: 0,
      kind: "convert",
      spec: "{}",
      depends_on: "[]",
      state: "queued",
    };
    expect(() => db.run(db.sql.insertInto("tasks").values(task))).toThrow(/FOREIGN KEY/);
    const job = { id: "j", kind: "convert", name: "j", request: "not json", created_at: "" };
    expect(() => db.run(db.sql.insertInto("jobs").values(job))).toThrow(/json_valid/);
    db.close();
  });
});
