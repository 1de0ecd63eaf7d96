/** All migrations in order. The database's version is how many of these it has seen: append only. */
import { work } from "./001-work.ts";
import { library } from "./002-library.ts";
import { access } from "./003-access.ts";
import { targets } from "./004-targets.ts";
import { sources } from "./005-sources.ts";
import { schedules } from "./006-schedules.ts";
import type { Migration } from "./migration.ts";

export const MIGRATIONS: readonly Migration[] = [work, library, access, targets, sources, schedules];
