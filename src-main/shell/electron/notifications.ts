/** Desktop notifications; clicking one opens the window on its page. Which are shown, and that none is twice, is decided above. */
import { Notification } from "electron";
import type { Notice } from "../shell.ts";

/** Kept until they are closed or clicked: a collected notification hears no click. The oldest go first. */
const shown = new Set<Notification>();
const MOST_KEPT = 50;

export function showNotification(notice: Notice, icon: string, open: (route: string) => void): void {
  if (!Notification.isSupported()) return; // a desktop without them; the page tells the same
  const notification = new Notification({ title: notice.title, body: notice.body, icon });
  const forget = () => shown.delete(notification);
  notification.once("click", () => {
    forget();
    open(notice.path);
  });
  notification.once("close", forget);
  shown.add(notification);
  const [oldest] = shown;
  if (shown.size > MOST_KEPT && oldest) shown.delete(oldest);
  notification.show();
}
