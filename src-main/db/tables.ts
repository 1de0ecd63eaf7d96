/** Every table of the database. A migration that adds tables adds its `…Tables` interface to the list here. */
import type { AccessTables } from "./access-tables.ts";
import type { LibraryTables } from "./library-tables.ts";
import type { ScheduleTables } from "./schedule-tables.ts";
import type { SourceTables } from "./source-tables.ts";
import type { WorkTables } from "./work-tables.ts";

export interface Tables extends WorkTables, LibraryTables, AccessTables, SourceTables, ScheduleTables {}
