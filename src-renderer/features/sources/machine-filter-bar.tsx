import { Columns3, Search, X } from "lucide-react";
import { useEffect, useRef } from "react";
import type { MachineFilterWord, MachineRow } from "../../../src-core/model/machine-view.ts";
import { Button, IconButton } from "../../components/button.tsx";
import type { GridColumn } from "../../components/data-grid.tsx";
import { TextInput } from "../../components/field.tsx";
import { Menu, MenuCheck } from "../../components/menu.tsx";
import type { TableTasteState } from "../../ui-state/tables.ts";
import type { MachineFilter } from "./machine-views.ts";
import { ViewsMenu } from "./views-menu.tsx";

const WORDS: readonly { word: MachineFilterWord; label: string; title: string }[] = [
  { word: "on", label: "On", title: "Running machines" },
  { word: "off", label: "Off", title: "Machines that are switched off" },
  { word: "linux", label: "Linux", title: "Machines with Linux" },
  { word: "windows", label: "Windows", title: "Machines with Windows" },
  { word: "big", label: "Big", title: "Machines with 500 GiB of disks or more" },
];

interface MachineFilterBarProps {
  filter: MachineFilter;
  onChange: (filter: MachineFilter) => void;
  columns: readonly GridColumn<MachineRow>[];
  taste: TableTasteState;
}

/** Search, quick filters, kept views and columns. "/" goes to the search from anywhere on the page. */
export function MachineFilterBar({ filter, onChange, columns, taste }: MachineFilterBarProps) {
  const search = useRef<HTMLInputElement>(null);
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
  const flip = (word: MachineFilterWord) => {
    const show = filter.show.includes(word) ? filter.show.filter((one) => one !== word) : [...filter.show, word];
    onChange({ ...filter, show });
  };
  return (
    <search className="flex h-11 shrink-0 items-center gap-2 border-b border-line px-3">
      <div className="relative w-64 min-w-24 shrink">
        <Search aria-hidden className="pointer-events-none absolute top-2 left-2.5 size-4 text-ink-3" />
        <TextInput
          ref={search}
          aria-label="Search machines"
          placeholder="Search name, path, guest, tag"
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
      {WORDS.map(({ word, label, title }) => (
        <Button
          key={word}
          size="small"
          title={title}
          aria-pressed={filter.show.includes(word)}
          className="aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-accent"
          onClick={() => flip(word)}
        >
          {label}
        </Button>
      ))}
      <span className="ml-auto flex min-w-0 items-center gap-1">
        <ViewsMenu
          filter={filter}
          sort={taste.sorting}
          onApply={(view) => {
            onChange({ search: view.search, show: view.show });
            if (view.sort.length > 0) taste.setSorting(view.sort);
          }}
        />
        <Menu
          trigger={
            <IconButton label="Columns" className="size-8">
              <Columns3 aria-hidden />
            </IconButton>
          }
        >
          {columns.map((column) => (
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
