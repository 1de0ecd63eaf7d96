/** What is open over the page: command palette, dialogs about disks and machines. Not kept. */
import { create } from "zustand";

/** What is to be converted. */
export interface ConvertSubject {
  readonly path: string;
  /** A snapshot inside the image; null = its present state. */
  readonly snapshot: string | null;
}

/** A machine that is to be exported. */
export interface ExportSubject {
  readonly sourceId: string;
  readonly machineId: string;
  /** As its source calls it. */
  readonly name: string;
}

interface OverlayState {
  paletteOpen: boolean;
  /** Null = dialog closed. */
  converting: ConvertSubject | null;
  /** At least one; null = dialog closed. */
  exporting: readonly ExportSubject[] | null;
  /** Disk to compare with another; null = dialog closed. */
  comparePath: string | null;
  setPaletteOpen: (open: boolean) => void;
  openConvert: (path: string, snapshot?: string) => void;
  closeConvert: () => void;
  openExport: (machines: readonly ExportSubject[]) => void;
  closeExport: () => void;
  openCompare: (path: string) => void;
  closeCompare: () => void;
}

export const useOverlays = create<OverlayState>((set) => ({
  paletteOpen: false,
  converting: null,
  exporting: null,
  comparePath: null,
  setPaletteOpen: (paletteOpen) => set({ paletteOpen }),
  openConvert: (path, snapshot) => set({ converting: { path, snapshot: snapshot ?? null }, paletteOpen: false }),
  closeConvert: () => set({ converting: null }),
  openExport: (exporting) => set({ exporting, paletteOpen: false }),
  closeExport: () => set({ exporting: null }),
  openCompare: (comparePath) => set({ comparePath, paletteOpen: false }),
  closeCompare: () => set({ comparePath: null }),
}));
