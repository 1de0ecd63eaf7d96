/**
 * The system's C library, for the few calls that Node does not have (docs/adr/0012-hole-maps.md). The optional package koffi calls it;
 * without it, on other systems and machines there is none, and whoever asks does without.
 */
import { createRequire } from "node:module";
import type Koffi from "koffi";

/** Declares a C function, once however often it is asked for. @param prototype in C */
export type Declare = (prototype: string) => (...args: unknown[]) => unknown;

export interface CLibrary {
  readonly declare: Declare;
  /** Of the last call. */
  errno(): number;
  /** ENXIO, as a number. */
  readonly noSuch: number;
}

/** Undefined: not loaded yet. */
let loaded: CLibrary | null | undefined;

/** Loaded once a thread (about 3 ms, 8 MB); null where this system or installation has none. */
export function cLibrary(): CLibrary | null {
  if (loaded === undefined) loaded = load();
  return loaded;
}

/**
 * koffi's own package for this machine. By the name "koffi" the same comes with code around it that fits every platform, which takes
 * 10 ms of each conversion's start to read.
 */
function loadKoffi(): typeof Koffi {
  const require = createRequire(import.meta.url);
  return createRequire(require.resolve("koffi"))(`@koromix/koffi-linux-${process.arch}`);
}

function load(): CLibrary | null {
  // Where off_t has 64 bits and the constants are those of Linux; the packages for other systems leave koffi out.
  if (process.platform !== "linux" || !["x64", "arm64"].includes(process.arch)) return null;
  try {
    const koffi = loadKoffi();
    const library = koffi.load(null);
    const declared = new Map<string, ReturnType<Declare>>();
    const declare: Declare = (prototype) => {
      const known = declared.get(prototype) ?? library.func(prototype);
      declared.set(prototype, known);
      return known;
    };
    return {
      declare,
      errno: () => koffi.errno(),
      noSuch: koffi.os.errno.ENXIO ?? -1,
    };
  } catch {
    // Optional: not installed, or no library for this machine.
    return null;
  }
}
