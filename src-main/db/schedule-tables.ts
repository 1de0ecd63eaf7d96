/** Rows of migrations/006-schedules.ts as kysely types them. JSON columns are `string`: each table's file parses its own. */
import type { Generated } from "kysely";

interface ScheduleRow {
  id: string;
  name: string;
  definition: string;
  enabled: number;
  pause: string | null;
  handled_at: string;
  created_at: string;
  changed_at: string;
}

interface ScheduledRunRow {
  seq: Generated<number>;
  id: string;
  schedule_id: string;
  schedule_name: string;
  firing_id: string;
  nominal_at: string;
  made_at: string;
  by_hand: number;
  anyway: Generated<number>;
  catches_up: number;
  state: string;
  waits_for: string | null;
  reason: string | null;
  may_start_at: string | null;
  held_until_at: string | null;
  paused: Generated<number>;
  cancel_asked: Generated<number>;
  started_at: string | null;
  ended_at: string | null;
  error: string | null;
  definition: string;
  version: Generated<number>;
}

interface ScheduleFactRow {
  id: Generated<number>;
  at: string;
  schedule_id: string;
  scheduled_run_id: string | null;
  fact: string;
}

interface ToldEndRow {
  seq: Generated<number>;
  schedule_id: string;
  scheduled_run_id: string;
  ended_at: string;
  state: string;
}

interface NotificationChannelRow {
  id: string;
  name: string;
  settings: string;
  sealed: string | null;
}

interface NotificationDeliveryRow {
  seq: Generated<number>;
  id: string;
  channel_id: string;
  event_key: string;
  event: string;
  at: string;
  message: string;
  schedule_id: string | null;
  scheduled_run_id: string | null;
  state: string;
  attempts: Generated<number>;
  next_attempt_at: string | null;
  error: string | null;
}

export interface ScheduleTables {
  schedules: ScheduleRow;
  scheduled_runs: ScheduledRunRow;
  schedule_facts: ScheduleFactRow;
  told_ends: ToldEndRow;
  notification_channels: NotificationChannelRow;
  notification_deliveries: NotificationDeliveryRow;
}
