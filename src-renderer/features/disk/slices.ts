/** The allocation picture's arithmetic: which state a slice shows, how many slices fit a row, and words for a slice. */
import type { AllocationMap } from "../../../src-core/model/disk.ts";
import { formatBytes, formatPercent } from "../../format/bytes.ts";

export type Slice = AllocationMap["slices"][number];

/** Shares of a slice, each 0 to 1; together 1 (an empty slice counts as hole). */
export interface SliceShares {
  readonly data: number;
  readonly zero: number;
  readonly hole: number;
}

export function sharesOf(slice: Slice): SliceShares {
  const { dataBytes, zeroBytes, lengthBytes } = slice;
  if (lengthBytes === 0) return { data: 0, zero: 0, hole: 1 };
  const data = dataBytes / lengthBytes;
  const zero = zeroBytes / lengthBytes;
  return { data, zero, hole: Math.max(0, 1 - data - zero) };
}

/** "at 12 GiB, 256 MiB long: 80 % data, 20 % hole". States that do not occur are left out. */
export function sliceWords(slice: Slice): string {
  const parts = (
    [
      [slice.dataBytes, "data"],
      [slice.zeroBytes, "zero"],
      [slice.holeBytes, "hole"],
    ] as const
  )
    .filter(([bytes]) => bytes > 0)
    .map(([bytes, word]) => `${formatPercent(bytes, slice.lengthBytes)} ${word}`);
  return `at ${formatBytes(slice.start)}, ${formatBytes(slice.lengthBytes)} long: ${parts.join(", ") || "empty"}`;
}

/** Index of the slice under a point of a grid of cells, or null beside it. */
export function sliceAt(
  x: number,
  y: number,
  grid: { columns: number; cellWidth: number; cellHeight: number; count: number },
): number | null {
  if (x < 0 || y < 0) return null;
  const column = Math.floor(x / grid.cellWidth);
  const index = Math.floor(y / grid.cellHeight) * grid.columns + column;
  return column >= grid.columns || index >= grid.count ? null : index;
}

/** Where an arrow key moves in a grid of `count` cells, `columns` a row; null for other keys. */
export function nextSlice(key: string, from: number, columns: number, count: number): number | null {
  const steps: Record<string, number> = {
    ArrowRight: 1,
    ArrowLeft: -1,
    ArrowDown: columns,
    ArrowUp: -columns,
    Home: -from,
    End: count - 1 - from,
  };
  const step = steps[key];
  if (step === undefined) return null;
  const to = from + step;
  return to < 0 || to >= count ? from : to;
}
