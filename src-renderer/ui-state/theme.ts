/** Light, dark, or as the system says. Known to this window only. */
import { create } from "zustand";
import { persist } from "zustand/middleware";

export type Theme = "system" | "light" | "dark";

interface ThemeState {
  theme: Theme;
  setTheme: (theme: Theme) => void;
}

export const useTheme = create<ThemeState>()(
  persist((set) => ({ theme: "system", setTheme: (theme) => set({ theme }) }), { name: "hypersdk.theme" }),
);

/** Puts the choice on the page; the style sheet follows `data-theme`, or the system where there is none. */
export function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

/** Applies the theme now and on each change. */
export function followTheme(): void {
  applyTheme(useTheme.getState().theme);
  useTheme.subscribe((state) => applyTheme(state.theme));
}
