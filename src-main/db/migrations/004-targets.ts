/**
 * Several targets for a run, runs without any (checks, comparisons), a pause, a limit and a prediction for each, and what a run
 * found out. Stored requests, tasks and results of one target are rewritten to the shape of several.
 */
import type { Migration } from "./migration.ts";

/** The old three members of a request as one target; `also` are further pairs of json_object. */
const target = (json: string, also = "") => `json_object(
  'path', ${json} ->> '$.targetPath', 'format', ${json} ->> '$.targetFormat', 'options', json('{}'),
  'overwrite', json(CASE WHEN ${json} ->> '$.overwrite' THEN 'true' ELSE 'false' END)${also})`;

const request = `json_set(
  json_remove(request, '$.targetPath', '$.targetFormat', '$.overwrite'),
  '$.targets', json_array(${target("request")}), '$.sync', json('true'), '$.maxBytesPerSecond', json('null'))`;

const spec = `json_set(
  json_remove(spec, '$.targetPath', '$.targetFormat', '$.overwrite', '$.partialPath'),
  '$.targets', json_array(${target("spec", ", 'partialPath', spec ->> '$.partialPath'")}), '$.sync', json('true'))`;

/** Every format was written in one way only. */
const output = `json_object(
  'path', result ->> '$.targetPath', 'format', result ->> '$.targetFormat',
  'subformat', CASE result ->> '$.targetFormat' WHEN 'raw' THEN 'sparse' WHEN 'qcow2' THEN 'v3' ELSE 'dynamic' END,
  'companions', json_array(), 'virtualSizeBytes', result -> '$.virtualSizeBytes',
  'writtenBytes', result -> '$.writtenBytes', 'fileSizeBytes', result -> '$.fileSizeBytes')`;

const result = `json_set(
  json_remove(result, '$.targetPath', '$.targetFormat', '$.writtenBytes', '$.fileSizeBytes'),
  '$.outputs', json_array(${output}))`;

export const targets: Migration = {
  name: "004-targets",
  sql: `
    -- Every file a run makes. busy: the run has not ended; a file is made by one run at a time, whatever the code above forgets.
    CREATE TABLE run_files (
      run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      path TEXT NOT NULL,
      -- The target it belongs to: itself, or the file that names it (a flat VMDK's descriptor).
      target TEXT NOT NULL,
      busy INTEGER NOT NULL DEFAULT 1 CHECK (busy IN (0, 1)),
      PRIMARY KEY (run_id, path)
    ) STRICT;
    CREATE UNIQUE INDEX run_files_busy ON run_files (path) WHERE busy = 1;
    INSERT INTO run_files (run_id, path, target, busy) SELECT id, target_path, target_path, ended_at IS NULL FROM runs;
    DROP INDEX runs_busy_target;
    ALTER TABLE runs DROP COLUMN target_path;

    ALTER TABLE runs ADD COLUMN paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1));
    ALTER TABLE runs ADD COLUMN max_bytes_per_second INTEGER;
    ALTER TABLE runs ADD COLUMN outcome TEXT CHECK (json_valid(outcome));
    ALTER TABLE runs ADD COLUMN prediction TEXT CHECK (json_valid(prediction));
    -- 0 once its duration depends on more than the work: it was paused, slowed down or interrupted.
    ALTER TABLE runs ADD COLUMN predictable INTEGER NOT NULL DEFAULT 1 CHECK (predictable IN (0, 1));
    UPDATE runs SET predictable = 0;

    -- Which files an attempt writes (device:inode:birth), so that a finished but unrecorded one is known as its own.
    CREATE TABLE attempt_files (
      attempt_id TEXT NOT NULL REFERENCES attempts (id) ON DELETE CASCADE,
      identity TEXT NOT NULL,
      PRIMARY KEY (attempt_id, identity)
    ) STRICT;
    INSERT INTO attempt_files (attempt_id, identity) SELECT id, file_identity FROM attempts WHERE file_identity IS NOT NULL;
    ALTER TABLE attempts DROP COLUMN file_identity;

    UPDATE jobs SET request = ${request} WHERE kind = 'convert';
    UPDATE runs SET request = ${request} WHERE kind = 'convert';
    UPDATE tasks SET spec = ${spec} WHERE kind = 'convert';
    UPDATE tasks SET result = ${result} WHERE kind = 'convert' AND result IS NOT NULL;
    -- Told in the old shapes: who asks for them reads everything anew.
    DELETE FROM events;
  `,
};
