/** What was last chosen for exports in this window, to begin the next one with. Kept between sessions. */
import { create } from "zustand";
import { persist } from "zustand/middleware";
import type { FormatId } from "../../src-core/model/disk.ts";
import type { ExportOutput, PackageDigest } from "../../src-core/model/export.ts";

export interface ExportTaste {
  /** "" = none yet. */
  readonly folder: string;
  readonly output: ExportOutput["kind"];
  readonly format: FormatId;
  /** Of the manifest of packages: who has old hosts has them the next time too. */
  readonly digest: PackageDigest;
}

interface ExportTasteState extends ExportTaste {
  remember: (taste: ExportTaste) => void;
}

export const useExportTaste = create<ExportTasteState>()(
  persist(
    (set) => ({ folder: "", output: "ova", format: "qcow2", digest: "sha256", remember: (taste) => set(taste) }),
    {
      name: "hypersdk.exports",
      partialize: ({ folder, output, format, digest }) => ({ folder, output, format, digest }),
    },
  ),
);
