import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import type { AllocationMap } from "../../../src-core/model/disk.ts";
import type { PictureColours } from "./picture-colours.ts";
import { nextSlice, sharesOf, sliceAt, sliceWords } from "./slices.ts";

const CELL_HEIGHT = 14;
const GAP = 1;
const NARROWEST_CELL = 6;

/**
 * The disk from its first byte to its last, row by row: one cell a slice, filled by its shares of data (petrol), zero (ochre) and
 * hole (hatched). Pointer and arrow keys read out single slices; the figures stand in a table beside it.
 */
export function AllocationPicture({ map, colours }: { map: AllocationMap; colours: PictureColours }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const [at, setAt] = useState<number | null>(null);
  const count = map.slices.length;
  const columns = Math.max(1, Math.min(count, Math.floor(width / NARROWEST_CELL)));
  const cellWidth = width / columns;
  const height = Math.ceil(count / columns) * CELL_HEIGHT;

  useEffect(() => {
    const parent = canvas.current?.parentElement;
    if (!parent) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(parent);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context || width === 0) return;
    const scale = window.devicePixelRatio;
    element.width = Math.round(width * scale);
    element.height = Math.round(height * scale);
    context.scale(scale, scale);
    draw(context, map, { columns, cellWidth }, colours);
    const marked = at === null ? undefined : map.slices[at];
    if (at !== null && marked !== undefined) {
      context.strokeStyle = colours.mark;
      context.lineWidth = 1.5;
      context.strokeRect(
        (at % columns) * cellWidth,
        Math.floor(at / columns) * CELL_HEIGHT,
        cellWidth - GAP,
        CELL_HEIGHT - GAP,
      );
    }
  }, [map, width, height, columns, cellWidth, at, colours]);

  const onPointer = (event: PointerEvent<HTMLCanvasElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    setAt(
      sliceAt(event.clientX - box.left, event.clientY - box.top, {
        columns,
        cellWidth,
        cellHeight: CELL_HEIGHT,
        count,
      }),
    );
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const next = nextSlice(event.key, at ?? 0, columns, count);
    if (next === null) return;
    event.preventDefault();
    setAt(at === null ? 0 : next);
  };
  const slice = at === null ? undefined : map.slices[at];
  const words =
    slice === undefined
      ? "Point at the picture, or focus it and use the arrow keys, to read a slice."
      : `Slice ${(at ?? 0) + 1} ${sliceWords(slice)}`;

  return (
    <div>
      <div className="w-full">
        <canvas
          ref={canvas}
          role="slider"
          tabIndex={0}
          aria-label="Allocation of the disk by slice"
          aria-orientation="horizontal"
          aria-valuemin={1}
          aria-valuemax={Math.max(1, count)}
          aria-valuenow={(at ?? 0) + 1}
          aria-valuetext={slice === undefined ? `${count} slices` : sliceWords(slice)}
          style={{ width, height }}
          className="block"
          onPointerMove={onPointer}
          onPointerLeave={() => setAt(null)}
          onKeyDown={onKeyDown}
          onBlur={() => setAt(null)}
        />
      </div>
      <p className="mt-2 min-h-5 text-xs text-ink-2">{words}</p>
    </div>
  );
}

function draw(
  context: CanvasRenderingContext2D,
  map: AllocationMap,
  { columns, cellWidth }: { columns: number; cellWidth: number },
  colours: PictureColours,
): void {
  map.slices.forEach((slice, index) => {
    const x = (index % columns) * cellWidth;
    const y = Math.floor(index / columns) * CELL_HEIGHT;
    const cell = { width: cellWidth - GAP, height: CELL_HEIGHT - GAP };
    const { data, zero } = sharesOf(slice);
    context.fillStyle = colours.hole;
    context.fillRect(x, y, cell.width, cell.height);
    if (data + zero < 1) {
      context.strokeStyle = colours.line;
      context.lineWidth = 0.75;
      context.beginPath();
      context.moveTo(x + 1, y + cell.height - 1);
      context.lineTo(x + cell.width - 1, y + 1);
      context.stroke();
    }
    // From the bottom up, and never invisible: a slice with one used byte in a million shows a pixel.
    const dataHeight = data === 0 ? 0 : Math.max(1, data * cell.height);
    const zeroHeight = zero === 0 ? 0 : Math.max(1, Math.min(zero * cell.height, cell.height - dataHeight));
    context.fillStyle = colours.data;
    context.fillRect(x, y + cell.height - dataHeight, cell.width, dataHeight);
    context.fillStyle = colours.zero;
    context.fillRect(x, y + cell.height - dataHeight - zeroHeight, cell.width, zeroHeight);
  });
}
