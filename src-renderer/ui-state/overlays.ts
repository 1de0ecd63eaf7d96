/** What is open over the page: command palette, convert dialog. Not kept. */
import { create } from "zustand";

interface OverlayState {
  paletteOpen: boolean;
  /** Disk to convert; null = dialog closed. */
  convertPath: string | null;
  setPaletteOpen: (open: boolean) => void;
  openConvert: (path: string) => void;
  closeConvert: () => void;
}

export const useOverlays = create<OverlayState>((set) => ({
  paletteOpen: false,
  convertPath: null,
  setPaletteOpen: (paletteOpen) => set({ paletteOpen }),
  openConvert: (convertPath) => set({ convertPath, paletteOpen: false }),
  closeConvert: () => set({ convertPath: null }),
}));
