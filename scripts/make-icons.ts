/**
 * Draws the program's mark (the same as src-renderer/public/favicon.svg) into resources/icons: PNG in the sizes Linux wants, an
 * ICO for Windows, an ICNS for macOS, and the tray pictures. Run it again when the mark changes: `node scripts/make-icons.ts`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";

type Colour = readonly [red: number, green: number, blue: number, alpha: number];

/** A rounded square on a canvas of 24 × 24 units; `line` draws its outline of that width instead of filling it. */
interface Tile {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly radius: number;
  readonly colour: Colour;
  readonly line?: number;
}
const UNITS = 24;
const DEEP: Colour = [0x12, 0x51, 0x5c, 1];
const MINT: Colour = [0x8f, 0xe0, 0xdc, 1];
const AMBER: Colour = [0xf0, 0xc9, 0x77, 1];
const BLACK: Colour = [0, 0, 0, 1];

/** Nine grains of a disk that spell an H: data at the sides, a zero in the middle, holes above and below it. */
function grains(data: Colour, zero: Colour, hole: Colour): Tile[] {
  return [5, 10, 15].flatMap((x, column) =>
    [5, 10, 15].map((y, row): Tile => {
      if (column !== 1) return { x, y, size: 4, radius: 0.8, colour: data };
      if (row === 1) return { x, y, size: 4, radius: 0.8, colour: zero };
      return { x: x + 0.35, y: y + 0.35, size: 3.3, radius: 0.6, colour: hole, line: 0.7 };
    }),
  );
}
const ground: Tile = { x: 0, y: 0, size: UNITS, radius: 5.5, colour: DEEP };
const mark: readonly Tile[] = [ground, ...grains(MINT, AMBER, [...MINT.slice(0, 3), 0.45] as unknown as Colour)];
/** For the menu bar of macOS: the system takes the shape and gives the colour. Drawn larger, as there is no ground. */
const template: readonly Tile[] = grains(BLACK, BLACK, [0, 0, 0, 0.4]).map((tile) => ({
  ...tile,
  x: (tile.x - 5) * (20 / 14) + 2,
  y: (tile.y - 5) * (20 / 14) + 2,
  size: tile.size * (20 / 14),
  radius: tile.radius * (20 / 14),
}));

/** How much of a pixel whose centre is (x, y), in units, the tile covers: 0 to 1, by the distance to its edge. */
function coverage(tile: Tile, x: number, y: number, pixelsPerUnit: number): number {
  const half = tile.size / 2;
  const dx = Math.abs(x - tile.x - half) - (half - tile.radius);
  const dy = Math.abs(y - tile.y - half) - (half - tile.radius);
  const outside = Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - tile.radius;
  const distance = tile.line === undefined ? outside : Math.abs(outside) - tile.line / 2;
  return Math.min(1, Math.max(0, 0.5 - distance * pixelsPerUnit));
}

/** @returns RGBA, `size` × `size` pixels */
function draw(tiles: readonly Tile[], size: number): Uint8Array {
  const pixels = new Uint8Array(size * size * 4);
  const pixelsPerUnit = size / UNITS;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      let [red, green, blue, alpha] = [0, 0, 0, 0];
      for (const tile of tiles) {
        const [r, g, b, a] = tile.colour;
        const over = a * coverage(tile, (column + 0.5) / pixelsPerUnit, (row + 0.5) / pixelsPerUnit, pixelsPerUnit);
        const under = alpha * (1 - over);
        const sum = over + under;
        if (sum === 0) continue;
        [red, green, blue] = [
          (r * over + red * under) / sum,
          (g * over + green * under) / sum,
          (b * over + blue * under) / sum,
        ];
        alpha = sum;
      }
      pixels.set([red, green, blue, alpha * 255].map(Math.round), (row * size + column) * 4);
    }
  }
  return pixels;
}

/** PNG specification, third edition: signature, IHDR, IDAT, IEND; 8-bit RGBA, no filter. */
function png(tiles: readonly Tile[], size: number): Buffer {
  const pixels = draw(tiles, size);
  const lines = Buffer.alloc(size * (size * 4 + 1));
  for (let row = 0; row < size; row++)
    lines.set(pixels.subarray(row * size * 4, (row + 1) * size * 4), row * (size * 4 + 1) + 1);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const framed = Buffer.alloc(body.length + 8);
    framed.writeUInt32BE(data.length, 0);
    framed.set(body, 4);
    framed.writeUInt32BE(crc32(body), body.length + 4);
    return framed;
  };
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = chunk("IDAT", deflateSync(lines, { level: 9 }));
  return Buffer.concat([signature, chunk("IHDR", header), data, chunk("IEND", Buffer.alloc(0))]);
}

/** Windows icon: a directory of 16 bytes an image, then the images as PNG. Size 256 is written as 0. */
function ico(sizes: readonly number[]): Buffer {
  const images = sizes.map((size) => png(mark, size));
  const directory = Buffer.alloc(6 + 16 * images.length);
  directory.writeUInt16LE(1, 2);
  directory.writeUInt16LE(images.length, 4);
  let offset = directory.length;
  for (const [index, image] of images.entries()) {
    const at = 6 + 16 * index;
    const size = sizes[index] ?? 0;
    directory.set([size % 256, size % 256, 0, 0, 1, 0, 32, 0], at);
    directory.writeUInt32LE(image.length, at + 8);
    directory.writeUInt32LE(offset, at + 12);
    offset += image.length;
  }
  return Buffer.concat([directory, ...images]);
}

/** macOS icon: "icns", total length, then per image a type, a length with its 8 bytes of header, and a PNG. */
function icns(): Buffer {
  const types = { ic11: 32, ic12: 64, ic07: 128, ic13: 256, ic08: 256, ic14: 512, ic09: 512, ic10: 1024 };
  const parts = Object.entries(types).map(([type, size]) => entry(type, png(mark, size)));
  return entry("icns", Buffer.concat(parts));
}
function entry(type: string, body: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.write(type, "latin1");
  header.writeUInt32BE(body.length + 8, 4);
  return Buffer.concat([header, body]);
}

const folder = join(import.meta.dirname, "../resources/icons");
mkdirSync(folder, { recursive: true });
const save = (name: string, bytes: Buffer): void => writeFileSync(join(folder, name), bytes);
for (const size of [16, 32, 48, 64, 128, 256, 512]) save(`${size}x${size}.png`, png(mark, size));
save("icon.ico", ico([16, 24, 32, 48, 64, 128, 256]));
save("icon.icns", icns());
save("tray.png", png(mark, 24));
save("tray@2x.png", png(mark, 48));
save("trayTemplate.png", png(template, 16));
save("trayTemplate@2x.png", png(template, 32));
