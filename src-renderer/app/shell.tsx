/** The frame around every page, and what lies over it: palette, dialogs, toasts, announcements. */
import { Outlet } from "@tanstack/react-router";
import { CircleCheck, CircleX } from "lucide-react";
import { lazy, Suspense, useEffect } from "react";
import { Toaster } from "sonner";
import { Announcer } from "../components/announcer.tsx";
import { useOverlays } from "../ui-state/overlays.ts";
import { useTheme } from "../ui-state/theme.ts";
import { ConnectionBanner } from "./connection-banner.tsx";
import { Sidebar } from "./sidebar.tsx";
import { StatusBar } from "./status-bar.tsx";

const CommandPalette = lazy(async () => ({ default: (await import("./command-palette.tsx")).CommandPalette }));
const ConvertDialog = lazy(async () => ({
  default: (await import("../features/jobs/convert-dialog.tsx")).ConvertDialog,
}));

const ExportDialog = lazy(async () => ({
  default: (await import("../features/exports/export-dialog.tsx")).ExportDialog,
}));

const CompareDialog = lazy(async () => ({
  default: (await import("../features/jobs/compare-dialog.tsx")).CompareDialog,
}));

export function Shell() {
  const { paletteOpen, setPaletteOpen, converting, exporting, comparePath } = useOverlays();
  const theme = useTheme((state) => state.theme);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setPaletteOpen(!useOverlays.getState().paletteOpen);
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [setPaletteOpen]);

  return (
    <div className="flex h-full flex-col">
      <button
        type="button"
        onClick={() => document.getElementById("content")?.focus()}
        className="sr-only z-50 rounded-md bg-accent px-3 py-2 text-accent-ink focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to content
      </button>
      <ConnectionBanner />
      <div className="flex min-h-0 flex-1">
        <Sidebar />
        <div className="flex min-w-0 flex-1 flex-col">
          <Outlet />
        </div>
      </div>
      <StatusBar />
      <Suspense fallback={null}>
        {paletteOpen ? <CommandPalette /> : null}
        {converting === null ? null : (
          <ConvertDialog key={`${converting.path} ${converting.snapshot}`} subject={converting} />
        )}
        {exporting === null ? null : <ExportDialog subjects={exporting} />}
        {comparePath === null ? null : <CompareDialog key={comparePath} path={comparePath} />}
      </Suspense>
      <Toaster
        theme={theme}
        position="bottom-right"
        icons={{
          success: <CircleCheck aria-hidden className="size-4.5 text-ok" />,
          error: <CircleX aria-hidden className="size-4.5 text-bad" />,
        }}
        offset={{ bottom: 40, right: 16 }}
        toastOptions={{
          className: "!rounded-md !border-line !bg-raised !text-ink !shadow-lift !font-sans !text-sm",
          classNames: { description: "!text-ink-2", actionButton: "!bg-accent !text-accent-ink" },
        }}
      />
      <Announcer />
    </div>
  );
}
