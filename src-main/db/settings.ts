/** The settings table: one row a setting that was ever changed. What the rows mean is src-core/model/settings.ts. */
import type { Db } from "./open.ts";

/** All stored settings as parsed JSON, unchecked. */
export function storedSettings(db: Db): Record<string, unknown> {
  const rows = db.all(db.sql.selectFrom("settings").selectAll());
  return Object.fromEntries(rows.map(({ key, value }) => [key, JSON.parse(value)]));
}

/** Stores these settings, all or none. */
export function storeSettings(db: Db, settings: Record<string, unknown>): void {
  db.transaction(() => {
    for (const [key, value] of Object.entries(settings)) {
      const row = { key, value: JSON.stringify(value) };
      db.run(
        db.sql
          .insertInto("settings")
          .values(row)
          .onConflict((conflict) => conflict.column("key").doUpdateSet({ value: row.value })),
      );
    }
  });
}
