import { useEffect, useState } from "react";

/** `value` once it has stayed the same for `waitMs`. Compared by content, so that equal objects are no change. */
export function useDebounced<T>(value: T, waitMs: number): T {
  const [settled, setSettled] = useState(value);
  const key = JSON.stringify(value);
  useEffect(() => {
    const timer = setTimeout(
      () => setSettled((last) => (JSON.stringify(last) === key ? last : (JSON.parse(key) as T))),
      waitMs,
    );
    return () => clearTimeout(timer);
  }, [key, waitMs]);
  return settled;
}
