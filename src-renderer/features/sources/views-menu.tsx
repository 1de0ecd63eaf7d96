import { useMutation, useQuery } from "@tanstack/react-query";
import { Bookmark, BookmarkPlus, Trash2 } from "lucide-react";
import { useState } from "react";
import type { SavedView } from "../../../src-core/model/machine-view.ts";
import { api } from "../../app/api-client.ts";
import { viewsQuery } from "../../app/source-queries.ts";
import { toastError } from "../../app/toast-error.ts";
import { announce } from "../../components/announcer.tsx";
import { Button } from "../../components/button.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { Menu, MenuChoices, MenuItem, MenuLine } from "../../components/menu.tsx";
import { KeepViewDialog } from "./keep-view-dialog.tsx";
import { type MachineFilter, type Sort, viewInForce } from "./machine-views.ts";

interface ViewsMenuProps {
  filter: MachineFilter;
  sort: Sort;
  onApply: (view: SavedView) => void;
}

/** Kept views, the same for all sources: apply one, keep what is shown as one, forget the one that is shown. */
export function ViewsMenu({ filter, sort, onApply }: ViewsMenuProps) {
  const views = useQuery(viewsQuery).data ?? [];
  const [keeping, setKeeping] = useState(false);
  const [forgetting, setForgetting] = useState<SavedView | null>(null);
  // Changed since: keeping it again proposes its name.
  const [last, setLast] = useState("");
  const remove = useMutation(api.views.remove.mutationOptions({ onError: toastError }));
  const current = viewInForce(views, filter, sort);
  return (
    <>
      <Menu
        trigger={
          <Button size="small" look="quiet" className="max-w-56 min-w-0 shrink">
            <Bookmark aria-hidden className={current === null ? "" : "fill-current text-accent"} />
            <span className="truncate">{current === null ? "Views" : `View: ${current.name}`}</span>
          </Button>
        }
      >
        {views.length === 0 ? null : (
          <>
            <MenuChoices
              label="Kept views"
              value={current?.id ?? null}
              options={views.map(({ id, name }) => ({ value: id, label: name }))}
              onChoose={(id) => {
                const view = views.find((one) => one.id === id);
                if (view === undefined) return;
                setLast(view.name);
                onApply(view);
              }}
            />
            <MenuLine />
          </>
        )}
        <MenuItem onSelect={() => setKeeping(true)}>
          <BookmarkPlus aria-hidden />
          Keep this view…
        </MenuItem>
        {current === null ? null : (
          <MenuItem danger onSelect={() => setForgetting(current)}>
            <Trash2 aria-hidden />
            <span className="max-w-56 truncate">Forget {current.name}…</span>
          </MenuItem>
        )}
      </Menu>
      {keeping ? (
        <KeepViewDialog
          filter={filter}
          sort={sort}
          views={views}
          proposed={last}
          onClose={(kept) => {
            setKeeping(false);
            if (kept !== undefined) setLast(kept.name);
          }}
        />
      ) : null}
      <ConfirmDialog
        open={forgetting !== null}
        onOpenChange={(open) => (open ? undefined : setForgetting(null))}
        title={`Forget the view ${forgetting?.name ?? ""}?`}
        action="Forget view"
        onConfirm={() => {
          if (forgetting === null) return;
          const { id, name } = forgetting;
          remove.mutate({ id }, { onSuccess: () => announce(`View ${name} forgotten`) });
        }}
      >
        Its search, filters and order are forgotten. Nothing happens to the machines.
      </ConfirmDialog>
    </>
  );
}
