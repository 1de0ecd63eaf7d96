/** What the command line reads before it begins: each command its own code, and none of the large libraries of the others. */
import { readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "@playwright/test";

const built = resolve(import.meta.dirname, "../out/main");

/** The files that one imports, and those that these import; without what is loaded when it is wanted. */
function closureOf(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(file, "utf8");
  for (const [, path = ""] of text.matchAll(/^(?:import|export)\b[^"\n]*"(\.[^"]+\.js)";?$/gm)) {
    closureOf(join(dirname(file), path), seen);
  }
  return seen;
}

/** What a file of the bundle imports when it is wanted, by the beginning of its name. */
function later(file: string, name: string): string {
  const found = new RegExp(`import\\("(\\./[^"]*\\b${name}-[\\w-]+\\.js)"\\)`).exec(readFileSync(file, "utf8"))?.[1];
  if (found === undefined) throw new Error(`${file} imports no ${name}`);
  return join(dirname(file), found);
}

test("a command reads its own code and little else", () => {
  const start = later(join(built, "cli.js"), "run-process");
  const command = [...closureOf(start)].find((file) => /command-[\w-]+\.js$/.test(file)) ?? start;
  for (const name of ["info", "check", "manifest"]) {
    const bytes = [...closureOf(later(command, name))].reduce((sum, file) => sum + statSync(file).size, 0);
    // Schedules alone would be 600 KB.
    expect(bytes, name).toBeLessThan(400_000);
    expect(bytes, name).toBeGreaterThan(50_000);
  }
});

test("threads that convert load nothing that speaks to a network", () => {
  for (const entry of ["worker.js", "lane.js"]) {
    const text = [...closureOf(join(built, entry))].map((file) => readFileSync(file, "utf8")).join("\n");
    const loaded = [...text.matchAll(/^const .*getBuiltinModule\("(node:[\w/]+)"\)/gm)].map(([, name]) => name);
    expect(loaded, entry).toContain("node:fs");
    // TLS alone takes each thread 4 ms; NBD had brought it along.
    for (const name of ["node:net", "node:tls", "node:http", "node:crypto"]) expect(loaded, entry).not.toContain(name);
  }
});
