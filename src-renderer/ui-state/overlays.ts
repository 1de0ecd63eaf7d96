/** What is open over the page: command palette, dialogs about a disk. Not kept. */
import { create } from "zustand";

/** What is to be converted. */
export interface ConvertSubject {
  readonly path: string;
  /** A snapshot inside the image; null = its present state. */
  readonly snapshot: string | null;
}

interface OverlayState {
  paletteOpen: boolean;
  /** Null = dialog closed. */
  converting: ConvertSubject | null;
  /** Disk to compare with another; null = dialog closed. */
  comparePath: string | null;
  setPaletteOpen: (open: boolean) => void;
  openConvert: (path: string, snapshot?: string) => void;
  closeConvert: () => void;
  openCompare: (path: string) => void;
  closeCompare: () => void;
}

export const useOverlays = create<OverlayState>((set) => ({
  paletteOpen: false,
  converting: null,
  comparePath: null,
  setPaletteOpen: (paletteOpen) => set({ paletteOpen }),
  openConvert: (path, snapshot) => set({ converting: { path, snapshot: snapshot ?? null }, paletteOpen: false }),
  closeConvert: () => set({ converting: null }),
  openCompare: (comparePath) => set({ comparePath, paletteOpen: false }),
  closeCompare: () => set({ comparePath: null }),
}));
