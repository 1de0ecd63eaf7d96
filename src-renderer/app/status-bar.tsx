import { Link } from "@tanstack/react-router";
import { formatCount, formatRate } from "../format/bytes.ts";
import { usePause } from "./pause-button.tsx";
import { useActiveRuns, useSystem } from "./queries.ts";
import { useLinkState } from "./use-link-state.ts";

/** The line at the bottom: what runs, how fast, where the program is. */
export function StatusBar() {
  const runs = useActiveRuns();
  const system = useSystem();
  const { paused, busy, toggle } = usePause();
  const connected = useLinkState().name === "open";
  const running = runs.filter((run) => run.state === "running" || run.state === "canceling");
  const rate = running.reduce((sum, run) => sum + (run.progress?.rateBytesPerSecond ?? 0), 0);
  const held = runs.length - running.length;
  return (
    <footer className="flex h-7 shrink-0 items-center gap-4 border-t border-line bg-rail px-3.5 text-2xs text-ink-2">
      <span className="flex items-center gap-1.5">
        <span
          aria-hidden
          className={`size-2 rounded-full ${!connected ? "bg-bad" : paused ? "bg-warn" : running.length > 0 ? "bg-accent-fill" : "bg-ok"}`}
        />
        {!connected ? "Not connected" : running.length === 0 ? "Nothing is running" : `${running.length} running`}
      </span>
      {held > 0 ? <Link to="/jobs">{formatCount(held)} waiting</Link> : null}
      {running.length > 0 && !paused ? <span>{formatRate(rate)}</span> : null}
      {paused ? (
        <span className="flex items-center gap-2 rounded bg-warn-soft px-2 font-medium text-warn">
          All work is paused
          <button type="button" className="underline" disabled={busy} onClick={toggle}>
            Resume
          </button>
        </span>
      ) : null}
      {system === undefined ? null : (
        <span className="ml-auto flex gap-4">
          <span className="font-mono max-md:hidden">{system.url}</span>
          <span>{system.version}</span>
        </span>
      )}
    </footer>
  );
}
