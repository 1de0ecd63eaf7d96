import { PlugZap } from "lucide-react";
import { Button } from "../components/button.tsx";
import { useNow } from "../components/use-now.ts";
import { link } from "./api-client.ts";
import { useLinkState } from "./use-link-state.ts";

/** Shown while the connection is lost: the pages keep what they know, and say that it may be old. */
export function ConnectionBanner() {
  const state = useLinkState();
  const now = useNow(1000);
  if (state.name === "open" || state.name === "sign-in" || (state.name === "connecting" && state.attempt === 0))
    return null;
  const seconds = state.name === "waiting" ? Math.max(0, Math.ceil((state.retryAt - now) / 1000)) : 0;
  return (
    <div role="alert" className="flex items-center gap-3 border-b border-warn/40 bg-warn-soft px-4 py-1.5 text-warn">
      <PlugZap aria-hidden className="size-4" />
      <span className="font-medium">Connection lost. Reconnecting…</span>
      <span className="text-xs" aria-live="off">
        {state.name === "connecting" ? "trying now" : `next try in ${seconds} s`} · work goes on, what you see may be
        old
      </span>
      <Button size="small" className="ml-auto" disabled={state.name === "connecting"} onClick={() => link.start()}>
        Retry now
      </Button>
    </div>
  );
}
