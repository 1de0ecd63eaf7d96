/** What was last chosen for exports in this window, to begin the next one with. Kept between sessions. */
import { create } from "zustand";
import { persist } from "zustand/middleware";
import type { FormatId } from "../../src-core/model/disk.ts";
import type { ExportOutput } from "../../src-core/model/export.ts";

export interface ExportTaste {
  /** "" = none yet. */
  readonly folder: string;
  readonly output: ExportOutput["kind"];
  readonly format: FormatId;
}

interface ExportTasteState extends ExportTaste {
  remember: (taste: ExportTaste) => void;
}

export const useExportTaste = create<ExportTasteState>()(
  persist((set) => ({ folder: "", output: "ova", format: "qcow2", remember: (taste) => set(taste) }), {
    name: "hypersdk.exports",
    partialize: ({ folder, output, format }) => ({ folder, output, format }),
  }),
);
