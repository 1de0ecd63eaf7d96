/** The table saved_views. */
import { SavedView } from "../../src-core/model/machine-view.ts";
import type { Db } from "./open.ts";

const Stored = SavedView.omit({ id: true, name: true });

/** By name. */
export function savedViews(db: Db): SavedView[] {
  const rows = db.all(db.sql.selectFrom("saved_views").selectAll().orderBy("name"));
  return rows.map(({ id, name, view }) => ({ id, name, ...Stored.parse(JSON.parse(view)) }));
}

/** Replaces one of the same name (in any case), whose id it then keeps. */
export function putSavedView(db: Db, view: SavedView): SavedView {
  return db.transaction(() => {
    const { id, name, ...rest } = view;
    const before = db.get(db.sql.selectFrom("saved_views").select("id").where("name", "=", name))?.id ?? id;
    const row = { id: before, name, view: JSON.stringify(rest) };
    db.run(
      db.sql
        .insertInto("saved_views")
        .values(row)
        .onConflict((conflict) => conflict.column("id").doUpdateSet(row)),
    );
    return { ...view, id: before };
  });
}

export function deleteSavedView(db: Db, id: string): boolean {
  return db.run(db.sql.deleteFrom("saved_views").where("id", "=", id)).changes > 0;
}
