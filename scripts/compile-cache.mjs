/**
 * Programs that tests start read their modules as Node compiled them the last time, a third of a start's work. The folder goes
 * with node_modules. Imported by the configurations of Vitest and Playwright; a test of how long a start takes leaves it out.
 */
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL("../node_modules/.cache/compiled", import.meta.url));
enableCompileCache(process.env.NODE_COMPILE_CACHE);
