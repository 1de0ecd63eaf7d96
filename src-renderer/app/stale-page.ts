/**
 * After an update of the program the files an open page was built with are gone: a part it loads later is not found. The page
 * is then loaded anew, once; if that does not help, the error is shown like any other.
 */

const KEY = "hypersdk-reloaded-at";
/** A second failure so soon after a reload is not an update. */
const AGAIN_AFTER_MS = 60_000;

/** What the decision needs of the page. */
export interface PageDoor {
  readonly storage: Pick<Storage, "getItem" | "setItem">;
  reload(): void;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** True when the page is being loaded anew. */
export function reloadOnce(door: PageDoor): boolean {
  const last = Number(door.storage.getItem(KEY) ?? 0);
  if (door.now() - last < AGAIN_AFTER_MS) return false;
  door.storage.setItem(KEY, String(door.now()));
  door.reload();
  return true;
}

/** From now on a part of the page that cannot be loaded leads to one reload. */
export function reloadWhenStale(): void {
  const door: PageDoor = { storage: sessionStorage, reload: () => location.reload(), now: () => Date.now() };
  window.addEventListener("vite:preloadError", (event) => {
    if (reloadOnce(door)) event.preventDefault();
  });
}
