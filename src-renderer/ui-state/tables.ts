/** How this window likes its tables: sorting and hidden columns, by table name. Kept between sessions. */
import { create } from "zustand";
import { persist } from "zustand/middleware";

type Sorting = { id: string; desc: boolean }[];

interface TableTaste {
  sorting?: Sorting;
  hidden?: string[];
}

interface TablesState {
  tables: Record<string, TableTaste>;
  change: (name: string, taste: TableTaste) => void;
}

const useTables = create<TablesState>()(
  persist(
    (set) => ({
      tables: {},
      change: (name, taste) => set(({ tables }) => ({ tables: { ...tables, [name]: { ...tables[name], ...taste } } })),
    }),
    { name: "hypersdk.tables", partialize: ({ tables }) => ({ tables }) },
  ),
);

export interface TableTasteState {
  sorting: Sorting;
  hidden: readonly string[];
  setSorting: (sorting: Sorting) => void;
  setShown: (column: string, shown: boolean) => void;
}

const NOTHING_HIDDEN: readonly string[] = [];

/** The taste for one table. The defaults must be the same objects each time. */
export function useTableTaste(
  name: string,
  defaultSorting: Sorting,
  defaultHidden: readonly string[] = NOTHING_HIDDEN,
): TableTasteState {
  const taste = useTables((state) => state.tables[name]);
  const change = useTables((state) => state.change);
  const hidden = taste?.hidden ?? defaultHidden;
  return {
    sorting: taste?.sorting ?? defaultSorting,
    hidden,
    setSorting: (sorting) => change(name, { sorting }),
    setShown: (column, shown) => {
      const others = hidden.filter((id) => id !== column);
      change(name, { hidden: shown ? others : [...others, column] });
    },
  };
}
