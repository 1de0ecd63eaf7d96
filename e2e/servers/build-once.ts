/** What tests need built: made once for what it is made of, and kept in the temporary folder for later runs. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * The file `kind` made for `key`; made now if it never was. Whoever comes meanwhile waits.
 * @param key 24 hexadecimal digits of what it is made of
 * @param make writes it to `draft`, a path in the folder where things are kept; throws where it cannot
 */
export async function buildOnce(
  kind: string,
  key: string,
  make: (draft: string, cache: string) => Promise<void>,
): Promise<string> {
  const cache = cacheFolder(kind);
  const folder = join(cache, key);
  const product = join(folder, kind);
  if (existsSync(product)) return product;
  mkdirSync(folder, { recursive: true });
  const release = await lock(join(folder, "building"), product);
  const draft = `${product}.${process.pid}`;
  try {
    if (!existsSync(product)) {
      removeOld(cache);
      await make(draft, cache);
      renameSync(draft, product);
    }
    return product;
  } finally {
    rmSync(draft, { force: true });
    release();
  }
}

/** A folder in the temporary one that belongs to this user alone: programs are run from it. */
function cacheFolder(kind: string): string {
  const uid = process.getuid?.() ?? 0;
  const folder = join(tmpdir(), `hypersdk-${kind}-${uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid: owner, mode } = statSync(folder);
  if (owner !== uid || (mode & 0o022) !== 0) throw new Error(`${folder} can be written by others; remove it`);
  return folder;
}

/** What was made of something else and is older than a day. */
function removeOld(cache: string): void {
  for (const name of readdirSync(cache)) {
    const folder = join(cache, name);
    if (/^[0-9a-f]{24}$/.test(name) && Date.now() - statSync(folder).mtimeMs > 86_400_000) {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** Waits while another process builds the same; takes over from one that died. */
async function lock(path: string, product: string): Promise<() => void> {
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: "wx" });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    if (existsSync(product)) return () => undefined;
    if (!alive(path)) rmSync(path, { force: true });
    await sleep(100);
  }
}

function alive(path: string): boolean {
  try {
    const pid = Number(readFileSync(path, "utf8"));
    // Between creating the file and writing the number it is empty.
    if (pid === 0) return Date.now() - statSync(path).mtimeMs < 5_000;
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
