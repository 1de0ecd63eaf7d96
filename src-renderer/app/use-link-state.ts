import { useSyncExternalStore } from "react";
import { link } from "./api-client.ts";
import type { LinkState } from "./reconnecting-link.ts";

/** State of the connection to the program. */
export function useLinkState(): LinkState {
  return useSyncExternalStore(
    (listener) => link.subscribe(listener),
    () => link.state,
  );
}
