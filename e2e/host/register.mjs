// node --import e2e/host/register.mjs <program>: `electron` becomes the stand-in for an otherwise untouched main bundle.
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { isMainThread } from "node:worker_threads";

const standIn = new URL("./electron.ts", import.meta.url).href;
const { version } = JSON.parse(
  readFileSync(new URL("../../node_modules/electron/package.json", import.meta.url), "utf8"),
);

registerHooks({
  resolve: (specifier, context, next) =>
    /^electron(\/main|\/common)?$/.test(specifier)
      ? { url: standIn, format: "module-typescript", shortCircuit: true }
      : next(specifier, context),
});
Object.defineProperty(process.versions, "electron", { value: version, enumerable: true });
if (isMainThread) Object.defineProperty(process, "type", { value: "browser" });
