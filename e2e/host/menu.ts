/** Menu and MenuItem: kept, never drawn; specs click items. */
import type { MenuItemConstructorOptions } from "electron";
import { claim, honest, honestEmitter } from "./honesty.ts";

type Click = (item: MenuItem, window: undefined, event: object) => void;

/** One line of a menu as plain data, for `log` and for specs. */
export interface MenuLine {
  id: string;
  label: string;
  type: string;
  enabled: boolean;
  visible: boolean;
  submenu: MenuLine[];
}

export class MenuItem {
  readonly id: string;
  readonly label: string;
  readonly type: string;
  readonly role: string | undefined;
  readonly accelerator: string | undefined;
  readonly submenu: Menu | undefined;
  enabled: boolean;
  visible: boolean;
  readonly click: () => void;

  constructor(options: MenuItemConstructorOptions) {
    const { submenu } = options;
    this.id = options.id ?? "";
    this.label = options.label ?? "";
    this.role = options.role;
    this.accelerator = options.accelerator ?? undefined;
    this.submenu = Array.isArray(submenu) ? Menu.buildFromTemplate(submenu) : undefined;
    this.type = options.type ?? (submenu ? "submenu" : "normal");
    this.enabled = options.enabled ?? true;
    this.visible = options.visible ?? true;
    const click = options.click as Click | undefined;
    this.click = () => click?.(this, undefined, {});
    honest("MenuItem", "MenuItem", this);
  }
}

export class Menu extends honestEmitter("Menu", "Menu") {
  static #application: Menu | null = null;
  #items: MenuItem[] = [];

  static buildFromTemplate(template: MenuItemConstructorOptions[]): Menu {
    const menu = new Menu();
    menu.#items = template.map((options) => new MenuItem(options));
    return menu;
  }
  static setApplicationMenu(menu: Menu | null): void {
    Menu.#application = menu;
  }
  static getApplicationMenu(): Menu | null {
    return Menu.#application;
  }
  get items(): MenuItem[] {
    return this.#items;
  }
  getMenuItemById(id: string): MenuItem | null {
    for (const item of this.#items) {
      const found = item.id === id ? item : (item.submenu?.getMenuItemById(id) ?? null);
      if (found) return found;
    }
    return null;
  }
}
claim(Menu);

export function linesOf(menu: Menu | null): MenuLine[] {
  return (menu?.items ?? []).map(({ id, label, type, enabled, visible, submenu }) => ({
    id,
    label,
    type,
    enabled,
    visible,
    submenu: linesOf(submenu ?? null),
  }));
}
