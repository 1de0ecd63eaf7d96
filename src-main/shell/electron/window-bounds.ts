/** Where the window opens: where it was, if that is still on a screen. Pure; window.ts asks Electron for the screens. */
import { z } from "zod";

export const SMALLEST = { width: 900, height: 600 } as const;
const FIRST = { width: 1280, height: 820 } as const;

const Pixels = z.number().int().min(-100_000).max(100_000);
export const WindowState = z.object({
  x: Pixels,
  y: Pixels,
  width: Pixels.min(1),
  height: Pixels.min(1),
  maximized: z.boolean(),
});
export type WindowState = z.infer<typeof WindowState>;

interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Pixels of the title bar that must be within reach of the pointer. */
const REACHABLE = 100;

function reachable(state: WindowState, area: Area): boolean {
  const overlap = Math.min(state.x + state.width, area.x + area.width) - Math.max(state.x, area.x);
  return overlap >= REACHABLE && state.y >= area.y && state.y <= area.y + area.height - REACHABLE;
}

/** Options for the new window. Without x and y the system places it. @param areas work areas of the screens there are now */
export function windowPlace(
  saved: WindowState | null,
  areas: readonly Area[],
): { width: number; height: number; x?: number; y?: number } {
  if (!saved) return { ...FIRST };
  const size = { width: Math.max(saved.width, SMALLEST.width), height: Math.max(saved.height, SMALLEST.height) };
  return areas.some((area) => reachable(saved, area)) ? { ...size, x: saved.x, y: saved.y } : size;
}
