/**
 * Addresses of pages for plain anchors. A router link listens to the router and works out its address each time it is drawn, which is
 * too much for the rows of a table that scrolls.
 */
import { defaultStringifySearch } from "@tanstack/react-router";

export function diskHref(path: string): string {
  return `#/disk${defaultStringifySearch({ path })}`;
}

export function jobHref(runId: string): string {
  return `#/jobs/${encodeURIComponent(runId)}`;
}

export function scheduleHref(id: string): string {
  return `#/schedules/${encodeURIComponent(id)}`;
}

export function scheduledRunHref(id: string): string {
  return `#/schedules/runs/${encodeURIComponent(id)}`;
}
