/** Tray: kept, never drawn. */
import { claim, honestEmitter } from "./honesty.ts";
import { record } from "./log.ts";
import type { Menu } from "./menu.ts";
import type { NativeImage } from "./native-image.ts";

/** What a desktop would be showing. */
export interface TrayState {
  menu: Menu | null;
  toolTip: string;
  image: NativeImage;
}
export const trays = new Map<Tray, TrayState>();

export class Tray extends honestEmitter("Tray", "Tray") {
  constructor(image: NativeImage) {
    super();
    trays.set(this, { menu: null, toolTip: "", image });
    record("tray", { imageEmpty: image.isEmpty() });
  }
  setContextMenu(menu: Menu | null): void {
    this.#set({ menu });
  }
  setToolTip(toolTip: string): void {
    this.#set({ toolTip });
  }
  setImage(image: NativeImage): void {
    this.#set({ image });
  }
  isDestroyed(): boolean {
    return !trays.has(this);
  }
  destroy(): void {
    trays.delete(this);
  }
  #set(change: Partial<TrayState>): void {
    const state = trays.get(this);
    if (!state) throw new Error("Tray is destroyed");
    trays.set(this, { ...state, ...change });
  }
}
claim(Tray);
