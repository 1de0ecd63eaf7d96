/** nativeImage: whether there is a picture and how large, read from the PNG itself; nothing is drawn. */
import { existsSync, readFileSync } from "node:fs";
import { honest } from "./honesty.ts";

export interface NativeImage {
  isEmpty(): boolean;
  getSize(): { width: number; height: number };
  setTemplateImage(on: boolean): void;
  isTemplateImage(): boolean;
}

function imageFrom(png: Buffer | null, template = false): NativeImage {
  const size = png ? { width: png.readUInt32BE(16), height: png.readUInt32BE(20) } : { width: 0, height: 0 };
  let isTemplate = template;
  return honest("nativeImage", "NativeImage", {
    isEmpty: () => size.width === 0,
    getSize: () => ({ ...size }),
    setTemplateImage(on: boolean) {
      isTemplate = on;
    },
    isTemplateImage: () => isTemplate,
  });
}

const PNG_MAGIC = "89504e470d0a1a0a";

export const nativeImage = honest(
  "nativeImage",
  "NativeImage",
  {
    /** Like Electron: an empty image where the file is missing or is no picture. A name ending in Template is one. */
    createFromPath(path: string): NativeImage {
      const bytes = existsSync(path) ? readFileSync(path) : null;
      const isPng = bytes?.subarray(0, 8).toString("hex") === PNG_MAGIC;
      return imageFrom(isPng ? bytes : null, /Template(@\dx)?\.png$/.test(path));
    },
  },
  true,
);
