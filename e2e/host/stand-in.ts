/** What a person would do at the desktop and what they would see there: for specs, beside Electron's own module. */
import { log } from "./log.ts";
import { linesOf, Menu, type MenuItem, type MenuLine } from "./menu.ts";
import { shownNotifications } from "./notification.ts";
import { trays } from "./tray.ts";

/** A tray as plain data. */
export interface TrayView {
  toolTip: string;
  hasImage: boolean;
  lines: MenuLine[];
}

function only<T>(items: Iterable<T>): T {
  const [first, second] = items;
  if (first === undefined || second !== undefined) throw new Error("Expected exactly one tray.");
  return first;
}
function press(item: MenuItem | null | undefined, id: string): void {
  if (!item?.enabled || !item.visible) throw new Error(`No menu item '${id}' that can be clicked.`);
  item.click();
}

export const standIn = {
  log,
  trays: (): TrayView[] =>
    [...trays.values()].map(({ menu, toolTip, image }) => ({
      toolTip,
      hasImage: !image.isEmpty(),
      lines: linesOf(menu),
    })),
  clickTray: (): void => void only(trays.keys()).emit("click", {}, {}),
  clickTrayItem: (id: string): void => press(only(trays.values()).menu?.getMenuItemById(id), id),
  applicationMenu: (): MenuLine[] => linesOf(Menu.getApplicationMenu()),
  clickMenuItem: (id: string): void => press(Menu.getApplicationMenu()?.getMenuItemById(id), id),
  /** @param index in the order they were shown */
  clickNotification: (index: number): void => {
    const notification = shownNotifications[index];
    if (!notification) throw new Error(`Only ${shownNotifications.length} notifications were shown.`);
    notification.emit("click", {});
  },
};
export type StandIn = typeof standIn;
