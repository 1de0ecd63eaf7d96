import { Columns3 } from "lucide-react";
import type { FormatId } from "../../../src-core/model/disk.ts";
import type { MachineKind } from "../../../src-core/model/library.ts";
import { useSystem } from "../../app/queries.ts";
import { Button, IconButton } from "../../components/button.tsx";
import type { GridColumn } from "../../components/data-grid.tsx";
import { Menu, MenuCheck } from "../../components/menu.tsx";
import { SearchField } from "../../components/search-field.tsx";
import { Select } from "../../components/select.tsx";
import type { TableTasteState } from "../../ui-state/tables.ts";
import { KIND_WORDS } from "./disk-columns.tsx";
import type { LibraryFilter, LibraryRow } from "./library-rows.ts";

interface FilterBarProps {
  filter: LibraryFilter;
  onChange: (filter: LibraryFilter) => void;
  columns: readonly GridColumn<LibraryRow>[];
  taste: TableTasteState;
}

const KINDS: readonly (MachineKind | "all")[] = ["all", "vmx", "ovf", "disk"];

/** Search and filters above the table. "/" goes to the search from anywhere on the page. */
export function FilterBar({ filter, onChange, columns, taste }: FilterBarProps) {
  const formats = useSystem()?.formats ?? [];

  return (
    <search className="flex h-11 shrink-0 items-center gap-2 border-b border-line px-4">
      <SearchField
        label="Search disks"
        placeholder="Search name, path, guest, format"
        className="w-72 max-lg:w-52"
        value={filter.search}
        onChange={(search) => onChange({ ...filter, search })}
      />
      <Select
        label="Kind"
        className="w-34"
        value={filter.kind}
        onValueChange={(kind) => onChange({ ...filter, kind })}
        options={KINDS.map((kind) => ({ value: kind, label: kind === "all" ? "All kinds" : KIND_WORDS[kind] }))}
      />
      <Select<FormatId | "all">
        label="Format"
        className="w-34"
        value={filter.format}
        onValueChange={(format) => onChange({ ...filter, format })}
        options={[
          { value: "all", label: "All formats" },
          ...formats.map((format) => ({ value: format.id, label: format.label })),
        ]}
      />
      <Button
        aria-pressed={filter.problemsOnly}
        className="aria-pressed:border-warn aria-pressed:bg-warn-soft aria-pressed:text-warn"
        onClick={() => onChange({ ...filter, problemsOnly: !filter.problemsOnly })}
      >
        Problems only
      </Button>
      <span className="ml-auto">
        <Menu
          trigger={
            <IconButton label="Columns" className="size-8">
              <Columns3 aria-hidden />
            </IconButton>
          }
        >
          {columns
            .filter((column) => column.header !== "")
            .map((column) => (
              <MenuCheck
                key={column.id}
                checked={!taste.hidden.includes(column.id)}
                onChange={(shown) => taste.setShown(column.id, shown)}
              >
                {column.header}
              </MenuCheck>
            ))}
        </Menu>
      </span>
    </search>
  );
}
