/**
 * Completes package-lock.json: adds the entries npm drops for optional packages of other platforms.
 *
 * npm leaves a package out of the lock when the registry it asks does not carry it, and `npm ci` then refuses that very lock
 * ("Missing: ... from lock file"). Run this after every install that changes the lock; `--check` only says what is missing.
 * Plain JavaScript without imports of ours, because it must run before anything is installed.
 *
 * Usage: node scripts/complete-lock.mjs [--check] [package-lock.json]
 */
import { readFileSync, writeFileSync } from "node:fs";

/** Words in a package's name that say for which `os` it is. */
const OS_BY_WORD = {
  aix: "aix",
  android: "android",
  darwin: "darwin",
  freebsd: "freebsd",
  linux: "linux",
  netbsd: "netbsd",
  openbsd: "openbsd",
  openharmony: "openharmony",
  sunos: "sunos",
  win: "win32",
  win32: "win32",
  windows: "win32",
};

/** Words in a package's name that say for which `cpu` it is. */
const CPU_BY_WORD = {
  arm: "arm",
  arm64: "arm64",
  armv7: "arm",
  ia32: "ia32",
  loong64: "loong64",
  mips64el: "mips64el",
  ppc64: "ppc64",
  riscv64: "riscv64",
  s390x: "s390x",
  wasm32: "wasm32",
  x64: "x64",
};

const LIBC_BY_WORD = { gnu: "glibc", musl: "musl" };

/** First of the words that the table knows, as npm's one-element list; nothing when there is none. */
function pick(field, table, words) {
  const word = words.find((candidate) => Object.hasOwn(table, candidate));
  return word === undefined ? {} : { [field]: [table[word]] };
}

/** Where Node would find `name` from the package at `path`: the lock's key, or null. */
function resolveFrom(packages, path, name) {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf("node_modules/") - 1))) {
    const key = `${at === "" ? "" : `${at}/`}node_modules/${name}`;
    if (key in packages) return key;
    if (at === "") return null;
  }
}

/**
 * Entries an exactly pinned optional dependency needs and the lock lacks, by lock key.
 * Ranges are left alone: only the registry can say which version fits one.
 */
function missingEntries(packages) {
  const missing = {};
  for (const [path, parent] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      if (!/^\d+\.\d+\.\d+/.test(version)) continue;
      const found = resolveFrom(packages, path, name);
      if (found !== null && packages[found].version === version) continue;
      // A different version in the outer folder stays; ours then lies inside its dependent.
      const key = found === null || path === "" ? `node_modules/${name}` : `${path}/node_modules/${name}`;
      const words = name.split(/[-/]/);
      missing[key] = {
        version,
        ...pick("cpu", CPU_BY_WORD, words),
        ...(parent.dev === true ? { dev: true } : {}),
        ...pick("libc", LIBC_BY_WORD, words),
        optional: true,
        ...pick("os", OS_BY_WORD, words),
      };
    }
  }
  return missing;
}

const args = process.argv.slice(2);
const checkOnly = args.includes("--check");
const file = args.find((arg) => !arg.startsWith("--")) ?? "package-lock.json";
const lock = JSON.parse(readFileSync(file, "utf8"));
const missing = missingEntries(lock.packages);
const names = Object.keys(missing);

if (names.length === 0) {
  console.log(`${file} is complete.`);
} else if (checkOnly) {
  console.error(`${file} lacks ${names.length} optional packages of other platforms, so that npm ci would refuse it:`);
  for (const name of names) console.error(`  ${name} ${missing[name].version}`);
  console.error("Run: node scripts/complete-lock.mjs");
  process.exitCode = 1;
} else {
  const all = Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) => (a < b ? -1 : 1));
  lock.packages = Object.fromEntries(all);
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  for (const name of names) console.log(`added ${name} ${missing[name].version}`);
}
