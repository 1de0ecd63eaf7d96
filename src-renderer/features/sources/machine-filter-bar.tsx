import { useMutation, useQuery } from "@tanstack/react-query";
import { Bookmark, BookmarkPlus, Columns3, Search, Trash2, X } from "lucide-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import type { MachineFilterWord, MachineRow, SavedView } from "../../../src-core/model/machine-view.ts";
import { api } from "../../app/api-client.ts";
import { viewsQuery } from "../../app/source-queries.ts";
import { toastError } from "../../app/toast-error.ts";
import { Button, IconButton } from "../../components/button.tsx";
import type { GridColumn } from "../../components/data-grid.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Field, TextInput } from "../../components/field.tsx";
import { Menu, MenuCheck, MenuItem } from "../../components/menu.tsx";
import type { TableTasteState } from "../../ui-state/tables.ts";

export interface MachineFilter {
  readonly search: string;
  readonly show: readonly MachineFilterWord[];
}

export const NO_FILTER: MachineFilter = { search: "", show: [] };

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
  const [saving, setSaving] = useState(false);
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
      <span className="ml-auto flex gap-1">
        <ViewsMenu
          onApply={(view) => {
            onChange({ search: view.search, show: view.show });
            if (view.sort.length > 0) taste.setSorting(view.sort);
          }}
          onSave={() => setSaving(true)}
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
      {saving ? <SaveView filter={filter} sort={taste.sorting} onClose={() => setSaving(false)} /> : null}
    </search>
  );
}

function ViewsMenu({ onApply, onSave }: { onApply: (view: SavedView) => void; onSave: () => void }) {
  const views = useQuery(viewsQuery).data ?? [];
  const remove = useMutation(api.views.remove.mutationOptions({ onError: toastError }));
  return (
    <Menu
      trigger={
        <IconButton label="Views" className="size-8">
          <Bookmark aria-hidden />
        </IconButton>
      }
    >
      {views.map((view) => (
        <MenuItem key={view.id} onSelect={() => onApply(view)}>
          <Bookmark aria-hidden />
          {view.name}
        </MenuItem>
      ))}
      <MenuItem onSelect={onSave}>
        <BookmarkPlus aria-hidden />
        Keep this view…
      </MenuItem>
      {views.map((view) => (
        <MenuItem key={`forget ${view.id}`} danger onSelect={() => remove.mutate({ id: view.id })}>
          <Trash2 aria-hidden />
          Forget {view.name}
        </MenuItem>
      ))}
    </Menu>
  );
}

function SaveView(props: { filter: MachineFilter; sort: { id: string; desc: boolean }[]; onClose: () => void }) {
  const [name, setName] = useState("");
  const save = useMutation(api.views.save.mutationOptions({ onError: toastError, onSuccess: props.onClose }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === "") return;
    save.mutate({ name: name.trim(), search: props.filter.search, show: [...props.filter.show], sort: props.sort });
  };
  return (
    <Dialog
      open
      width="narrow"
      onOpenChange={(open) => (open ? undefined : props.onClose())}
      title="Keep this view"
      description="Search, filters and order; a view of the same name is replaced."
      footer={
        <>
          <Button onClick={props.onClose}>Cancel</Button>
          <Button type="submit" form="save-view" look="primary" busy={save.isPending} disabled={name.trim() === ""}>
            Keep view
          </Button>
        </>
      }
    >
      <form id="save-view" onSubmit={submit}>
        <Field label="Name">
          {(ids) => (
            <TextInput
              {...ids}
              autoFocus
              maxLength={80}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
      </form>
    </Dialog>
  );
}
