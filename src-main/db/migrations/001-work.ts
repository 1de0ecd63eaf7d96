/**
 * Tables of work: jobs > runs > tasks > attempts, with what hangs on them. Deleting a run deletes all below it.
 * Instants are ISO 8601 UTC text, JSON is text that db/*.ts parses with the model's schema, booleans are 0 or 1.
 */
import type { Migration } from "./migration.ts";

export const work: Migration = {
  name: "001-work",
  sql: `
    CREATE TABLE jobs (
      id TEXT PRIMARY KEY,
      kind TEXT NOT NULL,
      name TEXT NOT NULL,
      request TEXT NOT NULL CHECK (json_valid(request)),
      created_at TEXT NOT NULL
    ) STRICT;

    -- seq gives the order of arrival: FIFO within a priority, and the cursor of lists.
    CREATE TABLE runs (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
      kind TEXT NOT NULL,
      name TEXT NOT NULL,
      request TEXT NOT NULL CHECK (json_valid(request)),
      target_path TEXT NOT NULL,
      priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 100),
      state TEXT NOT NULL,
      reason TEXT,
      cancel_asked INTEGER NOT NULL DEFAULT 0 CHECK (cancel_asked IN (0, 1)),
      created_at TEXT NOT NULL,
      started_at TEXT,
      ended_at TEXT,
      -- As of the last state change; what passes in between is in the engine's memory.
      progress TEXT CHECK (json_valid(progress)),
      error TEXT CHECK (json_valid(error))
    ) STRICT;
    CREATE INDEX runs_job ON runs (job_id);
    CREATE INDEX runs_open ON runs (state) WHERE ended_at IS NULL;

    -- One target is written by one run at a time, whatever the code above forgets.
    CREATE UNIQUE INDEX runs_busy_target ON runs (target_path) WHERE ended_at IS NULL;

    CREATE TABLE tasks (
      id TEXT PRIMARY KEY,
      run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      kind TEXT NOT NULL,
      spec TEXT NOT NULL CHECK (json_valid(spec)),
      depends_on TEXT NOT NULL CHECK (json_valid(depends_on)),
      state TEXT NOT NULL,
      -- 1 while it waits for nothing but a free slot.
      ready INTEGER NOT NULL DEFAULT 0 CHECK (ready IN (0, 1)),
      reason TEXT,
      progress TEXT CHECK (json_valid(progress)),
      error TEXT CHECK (json_valid(error)),
      result TEXT CHECK (json_valid(result)),
      warnings TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(warnings)),
      UNIQUE (run_id, position)
    ) STRICT;
    CREATE INDEX tasks_ready ON tasks (run_id) WHERE ready = 1;

    CREATE TABLE attempts (
      id TEXT PRIMARY KEY,
      task_id TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
      number INTEGER NOT NULL,
      state TEXT NOT NULL,
      started_at TEXT NOT NULL,
      ended_at TEXT,
      resumed_from_bytes INTEGER,
      error TEXT CHECK (json_valid(error)),
      -- Which file the attempt writes (device:inode), so that a finished but unrecorded target is known as its own.
      file_identity TEXT,
      UNIQUE (task_id, number)
    ) STRICT;
    CREATE INDEX attempts_running ON attempts (task_id) WHERE state = 'running';

    -- The newest resume point of a task.
    CREATE TABLE checkpoints (
      task_id TEXT PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE,
      at TEXT NOT NULL,
      checkpoint TEXT NOT NULL CHECK (json_valid(checkpoint))
    ) STRICT;

    CREATE TABLE logs (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      task_id TEXT REFERENCES tasks (id) ON DELETE CASCADE,
      at TEXT NOT NULL,
      level TEXT NOT NULL,
      message TEXT NOT NULL
    ) STRICT;
    CREATE INDEX logs_run ON logs (run_id, id);

    -- AUTOINCREMENT: an id is never used twice, also after old events were pruned.
    CREATE TABLE events (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      event TEXT NOT NULL CHECK (json_valid(event))
    ) STRICT;

    CREATE TABLE samples (
      run_id TEXT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
      samples TEXT NOT NULL CHECK (json_valid(samples))
    ) STRICT;

    CREATE TABLE idempotency (
      key TEXT PRIMARY KEY,
      run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      created_at TEXT NOT NULL
    ) STRICT;

    -- What the engine must remember between starts, e.g. that work is paused.
    CREATE TABLE engine_state (
      key TEXT PRIMARY KEY,
      value TEXT NOT NULL
    ) STRICT;
  `,
};
