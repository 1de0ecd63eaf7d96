import { Link } from "@tanstack/react-router";
import { Activity, CalendarClock, ChartBarStacked, HardDrive, type LucideIcon, Server, Settings2 } from "lucide-react";
import type { RunSummary } from "../../src-core/model/run.ts";
import { ProgressStrip } from "../components/progress-strip.tsx";
import { formatEta } from "../format/duration.ts";
import { BrandMark } from "./brand.tsx";
import { useActiveRuns, useSystem } from "./queries.ts";

const PLACES: readonly {
  to: "/library" | "/sources" | "/schedules" | "/jobs" | "/costs" | "/settings";
  label: string;
  icon: LucideIcon;
}[] = [
  { to: "/library", label: "Library", icon: HardDrive },
  { to: "/sources", label: "Sources", icon: Server },
  { to: "/schedules", label: "Schedules", icon: CalendarClock },
  { to: "/jobs", label: "Jobs", icon: Activity },
  { to: "/costs", label: "Costs", icon: ChartBarStacked },
  { to: "/settings", label: "Settings", icon: Settings2 },
];

/** Where one can go, and what is going on, seen from every page. Only icons in a narrow window. */
export function Sidebar() {
  const runs = useActiveRuns();
  const running = runs.filter((run) => run.state === "running" || run.state === "canceling");
  return (
    <aside className="flex w-52 shrink-0 flex-col border-r border-line bg-rail max-lg:w-13">
      <div className="flex h-12 items-center gap-2 px-3.5">
        <BrandMark />
        <span className="text-base font-semibold tracking-tight max-lg:sr-only">HyperSDK</span>
      </div>
      <nav aria-label="Main" className="grid gap-0.5 px-2">
        {PLACES.map(({ to, label, icon: Icon }) => (
          <Link
            key={to}
            to={to}
            title={label}
            className="flex h-8 items-center gap-2.5 rounded-md px-2 text-ink-2 hover:bg-surface/60 hover:text-ink max-lg:justify-center"
            activeProps={{ className: "bg-surface text-ink font-medium shadow-[inset_2px_0_0_var(--accent)]" }}
          >
            <Icon aria-hidden className="size-4 shrink-0" />
            <span className="max-lg:sr-only">{label}</span>
            {to === "/jobs" && runs.length > 0 ? (
              <span
                aria-hidden
                className="ml-auto rounded-full bg-accent px-1.5 text-2xs font-semibold text-accent-ink max-lg:hidden"
              >
                {runs.length}
              </span>
            ) : null}
          </Link>
        ))}
      </nav>
      {running.length > 0 ? <NowRunning runs={running} /> : null}
    </aside>
  );
}

function NowRunning({ runs }: { runs: readonly RunSummary[] }) {
  const paused = useSystem()?.workPaused ?? false;
  return (
    <section aria-label="Running now" className="mt-auto border-t border-line p-2 max-lg:hidden">
      <h2 className="px-2 pt-1 pb-1 text-2xs font-medium text-ink-2">Running now</h2>
      {runs.slice(0, 4).map((run) => (
        <Link
          key={run.id}
          to="/jobs/$runId"
          params={{ runId: run.id }}
          className="block rounded-md px-2 py-1.5 hover:bg-surface/60"
        >
          <span className="block truncate text-xs" title={run.name}>
            {run.name}
          </span>
          <ProgressStrip
            className="mt-1"
            label={`Progress of ${run.name}`}
            tone={paused || run.paused ? "warn" : "accent"}
            value={
              run.progress === null || run.progress.totalBytes === 0
                ? null
                : run.progress.doneBytes / run.progress.totalBytes
            }
          />
          <span className="mt-0.5 block text-2xs text-ink-2">
            {paused || run.paused
              ? "paused"
              : run.progress?.eta
                ? formatEta(run.progress.eta)
                : (run.progress?.phase ?? "starting")}
          </span>
        </Link>
      ))}
      {runs.length > 4 ? (
        <Link to="/jobs" className="block px-2 py-1 text-2xs text-ink-2 underline">
          and {runs.length - 4} more
        </Link>
      ) : null}
    </section>
  );
}
