/**
 * The system's C library, for the few calls that Node does not have (docs/adr/0012-hole-maps.md). The optional package koffi calls it;
 * without it, on other systems and machines there is none, and whoever asks does without.
 */

/** Declares a C function. @param prototype in C */
export type Declare = (prototype: string) => (...args: unknown[]) => unknown;

export interface CLibrary {
  readonly declare: Declare;
  /** Of the last call. */
  errno(): number;
  /** ENXIO, as a number. */
  readonly noSuch: number;
}

/** Loaded once a thread (about 15 ms, 8 MB); null where this system or installation has none. */
export function cLibrary(): Promise<CLibrary | null> {
  loading ??= load();
  return loading;
}

let loading: Promise<CLibrary | null> | null = null;

async function load(): Promise<CLibrary | null> {
  // Where off_t has 64 bits and the constants are those of Linux; the packages for other systems leave koffi out.
  if (process.platform !== "linux" || !["x64", "arm64"].includes(process.arch)) return null;
  try {
    const { default: koffi } = await import("koffi");
    const library = koffi.load(null);
    return {
      declare: (prototype) => library.func(prototype),
      errno: () => koffi.errno(),
      noSuch: koffi.os.errno.ENXIO ?? -1,
    };
  } catch {
    // Optional: not installed, or no library for this machine.
    return null;
  }
}
