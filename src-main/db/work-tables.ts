/** Rows of migrations/001-work.ts, 004-targets.ts and 006-schedules.ts as kysely types them. JSON columns are `string` here: each table's file parses its own. */
import type { Generated } from "kysely";

interface JobRow {
  id: string;
  kind: string;
  name: string;
  request: string;
  created_at: string;
}

interface RunRow {
  seq: Generated<number>;
  id: string;
  job_id: string;
  kind: string;
  name: string;
  request: string;
  priority: number;
  state: string;
  reason: string | null;
  cancel_asked: Generated<number>;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  progress: string | null;
  error: string | null;
  paused: Generated<number>;
  max_bytes_per_second: number | null;
  outcome: string | null;
  prediction: string | null;
  predictable: Generated<number>;
  scheduled_run_id: string | null;
  groups: Generated<string>;
  retry: string | null;
  pause_reason: string | null;
}

interface RunFileRow {
  run_id: string;
  path: string;
  target: string;
  busy: Generated<number>;
}

interface TaskRow {
  id: string;
  run_id: string;
  position: number;
  kind: string;
  spec: string;
  depends_on: string;
  state: string;
  ready: Generated<number>;
  reason: string | null;
  progress: string | null;
  error: string | null;
  result: string | null;
  warnings: Generated<string>;
  retry_at: string | null;
}

interface AttemptRow {
  id: string;
  task_id: string;
  number: number;
  state: string;
  started_at: string;
  ended_at: string | null;
  resumed_from_bytes: number | null;
  error: string | null;
}

interface AttemptFileRow {
  attempt_id: string;
  identity: string;
}

interface CheckpointRow {
  task_id: string;
  at: string;
  checkpoint: string;
}

interface LogRow {
  id: Generated<number>;
  run_id: string;
  task_id: string | null;
  at: string;
  level: string;
  message: string;
}

interface EventRow {
  id: Generated<number>;
  event: string;
}

interface SamplesRow {
  run_id: string;
  samples: string;
}

interface IdempotencyRow {
  key: string;
  run_id: string;
  created_at: string;
}

interface EngineStateRow {
  key: string;
  value: string;
}

export interface WorkTables {
  jobs: JobRow;
  runs: RunRow;
  run_files: RunFileRow;
  tasks: TaskRow;
  attempts: AttemptRow;
  attempt_files: AttemptFileRow;
  checkpoints: CheckpointRow;
  logs: LogRow;
  events: EventRow;
  samples: SamplesRow;
  idempotency: IdempotencyRow;
  engine_state: EngineStateRow;
}
