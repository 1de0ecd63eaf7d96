import { Columns3 } from "lucide-react";
import type { MachineFilterWord, MachineRow } from "../../../src-core/model/machine-view.ts";
import { Button, IconButton } from "../../components/button.tsx";
import type { GridColumn } from "../../components/data-grid.tsx";
import { Menu, MenuCheck } from "../../components/menu.tsx";
import { SearchField } from "../../components/search-field.tsx";
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
  const flip = (word: MachineFilterWord) => {
    const show = filter.show.includes(word) ? filter.show.filter((one) => one !== word) : [...filter.show, word];
    onChange({ ...filter, show });
  };
  return (
    <search className="flex h-11 shrink-0 items-center gap-2 border-b border-line px-3">
      <SearchField
        label="Search machines"
        placeholder="Search name, path, guest, tag"
        className="w-64 min-w-24 shrink"
        value={filter.search}
        onChange={(search) => onChange({ ...filter, search })}
      />
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
