/** The disk that conversions are measured on: an ext4 file system with files of this machine, some noise and some stored zeros. */
import { execFileSync } from "node:child_process";
import { createCipheriv } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const MiB = 1024 * 1024;
/** Shares of the data that are neither program files nor text. */
const NOISE_SHARE = 0.12;
const ZERO_SHARE = 0.05;

/** Makes `disk.raw` in `folder`, sparse, four times as large as its data. @returns its path */
export function makeSourceImage(folder: string, dataBytes: number): string {
  const tree = join(folder, "tree");
  mkdirSync(tree);
  const noiseBytes = Math.floor(dataBytes * NOISE_SHARE);
  const zeroBytes = Math.floor(dataBytes * ZERO_SHARE);
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16, 1), Buffer.alloc(16, 2));
  writeFileSync(join(tree, "noise"), cipher.update(Buffer.alloc(noiseBytes)));
  writeFileSync(join(tree, "zeros"), Buffer.alloc(zeroBytes));
  copyFiles(["/usr/lib", "/usr/bin", "/usr/share"], tree, dataBytes - noiseBytes - zeroBytes);
  const image = join(folder, "disk.raw");
  writeFileSync(image, "");
  truncateSync(image, Math.ceil((dataBytes * 4) / MiB) * MiB);
  execFileSync("mke2fs", ["-q", "-t", "ext4", "-d", tree, image], { stdio: ["ignore", "ignore", "inherit"] });
  rmSync(tree, { recursive: true });
  return image;
}

/** Copies regular files, in the order of their names, until about `bytes` are there. */
function copyFiles(sources: readonly string[], to: string, bytes: number): void {
  let left = bytes;
  let count = 0;
  const visit = (folder: string): void => {
    const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      if (left <= 0) return;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile()) {
        const { size } = statSync(path);
        if (size > left) continue;
        const group = join(to, String(Math.floor(count / 1000)));
        if (count % 1000 === 0) mkdirSync(group);
        copyFileSync(path, join(group, String(count)));
        count += 1;
        left -= size;
      }
    }
  };
  for (const source of sources) visit(source);
}
