/** The program's version, from the one place that states it. */
import manifest from "../package.json" with { type: "json" };

/** e.g. "0.1.0" */
export const VERSION: string = manifest.version;
