import { Columns3, Search, X } from "lucide-react";
import { useEffect, useRef } from "react";
import type { FormatId } from "../../../src-core/model/disk.ts";
import type { MachineKind } from "../../../src-core/model/library.ts";
import { useSystem } from "../../app/queries.ts";
import { Button, IconButton } from "../../components/button.tsx";
import type { GridColumn } from "../../components/data-grid.tsx";
import { TextInput } from "../../components/field.tsx";
import { Menu, MenuCheck } from "../../components/menu.tsx";
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
  const search = useRef<HTMLInputElement>(null);
  const formats = useSystem()?.formats ?? [];
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing =
        event.target instanceof HTMLElement && event.target.closest("input, textarea, [role=dialog], [role=menu]");
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      search.current?.focus();
      search.current?.select();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);

  return (
    <search className="flex h-11 shrink-0 items-center gap-2 border-b border-line px-4">
      <div className="relative w-72 max-lg:w-52">
        <Search aria-hidden className="pointer-events-none absolute top-2 left-2.5 size-4 text-ink-3" />
        <TextInput
          ref={search}
          aria-label="Search disks"
          placeholder="Search name, path, guest, format"
          className="h-8 pr-8 pl-8"
          value={filter.search}
          onChange={(event) => onChange({ ...filter, search: event.target.value })}
          onKeyDown={(event) => {
            if (event.key === "Escape") onChange({ ...filter, search: "" });
          }}
        />
        {filter.search === "" ? (
          <kbd aria-hidden className="absolute top-1.5 right-2 rounded border border-line px-1 text-2xs text-ink-3">
            /
          </kbd>
        ) : (
          <IconButton
            label="Clear search"
            className="absolute top-1 right-1 size-6"
            onClick={() => onChange({ ...filter, search: "" })}
          >
            <X aria-hidden />
          </IconButton>
        )}
      </div>
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
