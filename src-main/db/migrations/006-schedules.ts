/**
 * Schedules, their runs, the facts about both, and who is told. A firing and its runs are one transaction, and the unique index over
 * schedule and firing keeps a time from being fired twice whatever happens between. Instants are ISO 8601 UTC text.
 */
import type { Migration } from "./migration.ts";

export const schedules: Migration = {
  name: "006-schedules",
  sql: `
    CREATE TABLE schedules (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL UNIQUE COLLATE NOCASE,
      definition TEXT NOT NULL CHECK (json_valid(definition)),
      enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
      pause TEXT CHECK (pause IS NULL OR json_valid(pause)),
      -- Up to here its times have been decided.
      handled_at TEXT NOT NULL,
      created_at TEXT NOT NULL,
      changed_at TEXT NOT NULL
    ) STRICT;

    -- A run outlives its schedule: history is not forgotten with the plan.
    CREATE TABLE scheduled_runs (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      schedule_id TEXT NOT NULL,
      schedule_name TEXT NOT NULL,
      -- "<schedule>@<nominal time>" of the one that fired by the clock, or "hand:<id>".
      firing_id TEXT NOT NULL,
      nominal_at TEXT NOT NULL,
      made_at TEXT NOT NULL,
      by_hand INTEGER NOT NULL CHECK (by_hand IN (0, 1)),
      -- By hand, with windows and conditions left out.
      anyway INTEGER NOT NULL DEFAULT 0 CHECK (anyway IN (0, 1)),
      catches_up INTEGER NOT NULL CHECK (catches_up IN (0, 1)),
      state TEXT NOT NULL,
      waits_for TEXT,
      reason TEXT,
      may_start_at TEXT,
      held_until_at TEXT,
      -- Somebody holds it back.
      paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
      cancel_asked INTEGER NOT NULL DEFAULT 0 CHECK (cancel_asked IN (0, 1)),
      started_at TEXT,
      ended_at TEXT,
      error TEXT CHECK (error IS NULL OR json_valid(error)),
      definition TEXT NOT NULL CHECK (json_valid(definition)),
      -- Counts changes: a decision taken on an older picture is not applied.
      version INTEGER NOT NULL DEFAULT 0,
      UNIQUE (schedule_id, firing_id)
    ) STRICT;
    CREATE INDEX scheduled_runs_schedule ON scheduled_runs (schedule_id, seq);
    CREATE INDEX scheduled_runs_open ON scheduled_runs (seq) WHERE ended_at IS NULL;
    CREATE INDEX scheduled_runs_nominal ON scheduled_runs (nominal_at);
    CREATE INDEX scheduled_runs_firing ON scheduled_runs (firing_id);

    -- Why something was decided: of a run, or (without one) of times for which none was made.
    CREATE TABLE schedule_facts (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      at TEXT NOT NULL,
      schedule_id TEXT NOT NULL,
      scheduled_run_id TEXT REFERENCES scheduled_runs (id) ON DELETE CASCADE,
      fact TEXT NOT NULL CHECK (json_valid(fact))
    ) STRICT;
    CREATE INDEX schedule_facts_run ON schedule_facts (scheduled_run_id);
    CREATE INDEX schedule_facts_schedule ON schedule_facts (schedule_id, id);

    -- The scheduled run a job run belongs to.
    ALTER TABLE runs ADD COLUMN scheduled_run_id TEXT;
    -- Concurrency groups it takes a place in, as JSON list.
    ALTER TABLE runs ADD COLUMN groups TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(groups));
    -- RetryPolicy; null: what fails is not tried again by itself.
    ALTER TABLE runs ADD COLUMN retry TEXT CHECK (retry IS NULL OR json_valid(retry));
    CREATE INDEX runs_scheduled ON runs (scheduled_run_id) WHERE scheduled_run_id IS NOT NULL;
    -- Why it is paused, where whoever paused it said so.
    ALTER TABLE runs ADD COLUMN pause_reason TEXT;
    -- Not before then is a failed task tried again.
    ALTER TABLE tasks ADD COLUMN retry_at TEXT;

    CREATE TABLE notification_channels (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL UNIQUE COLLATE NOCASE,
      settings TEXT NOT NULL CHECK (json_valid(settings)),
      -- What the vault made of its secret.
      sealed TEXT
    ) STRICT;

    -- One row for each thing told through each channel; the unique key keeps it from being told twice.
    CREATE TABLE notification_deliveries (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      channel_id TEXT NOT NULL REFERENCES notification_channels (id) ON DELETE CASCADE,
      event_key TEXT NOT NULL,
      event TEXT NOT NULL,
      at TEXT NOT NULL,
      message TEXT NOT NULL CHECK (json_valid(message)),
      schedule_id TEXT,
      scheduled_run_id TEXT,
      state TEXT NOT NULL,
      attempts INTEGER NOT NULL DEFAULT 0,
      next_attempt_at TEXT,
      error TEXT,
      UNIQUE (channel_id, event_key)
    ) STRICT;
    CREATE INDEX notification_deliveries_waiting ON notification_deliveries (next_attempt_at) WHERE state = 'waiting';
  `,
};
