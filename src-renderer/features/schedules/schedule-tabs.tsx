/** The pages about schedules, as tabs under the page's header. Each is a page of its own: links, so that back and forth work. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

const TABS = [
  { to: "/schedules", label: "List" },
  { to: "/schedules/graph", label: "Graph" },
  { to: "/schedules/calendar", label: "Calendar" },
  { to: "/schedules/runs", label: "Runs" },
] as const;

/** `actions`: at the end of the row. */
export function ScheduleTabs({ actions }: { actions?: ReactNode }) {
  return (
    <nav aria-label="Views of schedules" className="flex h-9 shrink-0 items-center border-b border-line px-2">
      {TABS.map(({ to, label }) => (
        <Link
          key={to}
          to={to}
          activeOptions={{ exact: true, includeSearch: false }}
          className="-mb-px flex h-9 shrink-0 items-center border-b-2 px-2.5 text-sm focus-visible:-outline-offset-3"
          activeProps={{ className: "border-accent font-medium text-ink" }}
          inactiveProps={{ className: "border-transparent text-ink-2 hover:text-ink" }}
        >
          {label}
        </Link>
      ))}
      {actions === undefined ? null : <div className="ml-auto flex items-center gap-1.5 pl-2">{actions}</div>}
    </nav>
  );
}
