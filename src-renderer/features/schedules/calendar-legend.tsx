/** Under the calendar: what its signs mean, and what a forecast cannot know. */
import { CalendarClock, TriangleAlert } from "lucide-react";

export function CalendarLegend({ hasGraph }: { hasGraph: boolean }) {
  return (
    <div className="flex shrink-0 flex-wrap items-center gap-x-5 gap-y-1 border-t border-line px-4 py-1.5 text-2xs text-ink-2">
      <span className="flex items-center gap-1.5">
        <CalendarClock aria-hidden className="size-3 text-ink-3" /> to come
      </span>
      <span className="flex items-center gap-1.5">
        <TriangleAlert aria-hidden className="size-3 text-warn" /> collides with others
      </span>
      <span className="flex items-center gap-1.5">
        <span aria-hidden className="size-3 rounded-sm border border-line bg-accent-soft" /> a window is open
      </span>
      <span className="flex items-center gap-1.5">
        <span aria-hidden className="blackout size-3 rounded-sm border border-line" /> blackout
      </span>
      {hasGraph ? <span className="ml-auto">What comes after others is shown as if these succeed.</span> : null}
    </div>
  );
}
