import { useEffect, useState } from "react";

/** The present instant (ms since the epoch), renewed every `everyMs`: one clock for all relative dates of a page. */
export function useNow(everyMs = 15_000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
