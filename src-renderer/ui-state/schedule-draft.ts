/** What the next new schedule begins with: handed over by whoever says "Schedule this…", or by a copy. Not kept. */
import { create } from "zustand";
import type { ScheduleDefinition } from "../../src-core/model/schedule.ts";

interface ScheduleDraftState {
  draft: Partial<ScheduleDefinition> | null;
  begin: (draft: Partial<ScheduleDefinition>) => void;
  /** Once it is saved or left. */
  clear: () => void;
}

export const useScheduleDraft = create<ScheduleDraftState>((set) => ({
  draft: null,
  begin: (draft) => set({ draft }),
  clear: () => set({ draft: null }),
}));
