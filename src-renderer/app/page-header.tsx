/** The bar on top of every page: what this is, what can be done here, and the actions that are everywhere. */
import { Link } from "@tanstack/react-router";
import { ArrowLeft, Search } from "lucide-react";
import type { ReactNode } from "react";
import { useOverlays } from "../ui-state/overlays.ts";
import { PauseButton } from "./pause-button.tsx";
import { ThemeMenu } from "./theme-menu.tsx";
import { useTitle } from "./use-title.ts";

interface PageHeaderProps {
  title: string;
  /** The page this one is a part of: an arrow before the title leads there. */
  back?:
    | { to: "/library" | "/sources" | "/jobs" | "/schedules" | "/schedules/runs"; label: string }
    | { to: "/disk"; search: { path: string }; label: string };
  /** Beside the title: state, counts. */
  note?: ReactNode;
  actions?: ReactNode;
}

const isMac = /mac/i.test(navigator.userAgent);

export function PageHeader({ title, back, note, actions }: PageHeaderProps) {
  useTitle(title);
  const openPalette = useOverlays((state) => state.setPaletteOpen);
  return (
    <header className="flex h-12 shrink-0 items-center gap-3 border-b border-line bg-canvas px-4">
      {back === undefined ? null : (
        <Link
          to={back.to}
          {...("search" in back ? { search: back.search } : {})}
          aria-label={back.label}
          className="-ml-1 rounded p-1 text-ink-3 hover:bg-sunken hover:text-ink"
        >
          <ArrowLeft aria-hidden className="size-4" />
        </Link>
      )}
      <h1 className="min-w-0 truncate text-base font-semibold tracking-tight" title={title}>
        {title}
      </h1>
      {note === undefined ? null : <div className="flex min-w-0 items-center gap-2 truncate text-ink-3">{note}</div>}
      <div className="ml-auto flex items-center gap-2">
        {actions}
        <span aria-hidden className="mx-1 h-5 w-px bg-line" />
        <button
          type="button"
          onClick={() => openPalette(true)}
          aria-keyshortcuts="Control+K Meta+K"
          className="flex h-8 shrink-0 items-center gap-2 rounded-md border border-line bg-surface px-2 text-xs whitespace-nowrap text-ink-3 hover:border-line-strong hover:text-ink"
        >
          <Search aria-hidden className="size-3.5" />
          <span className="max-lg:sr-only">Go to…</span>
          <kbd aria-hidden className="rounded border border-line bg-canvas px-1 text-2xs">
            {isMac ? "⌘K" : "Ctrl K"}
          </kbd>
        </button>
        <PauseButton />
        <ThemeMenu />
      </div>
    </header>
  );
}
