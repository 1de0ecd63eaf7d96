/**
 * Draws the folder graph of docs/architecture.md from the real imports (type imports too, tests and packages left out).
 * `--check`, part of `npm run check`, fails when the page does not show what the code does.
 *
 * Usage: node scripts/architecture.ts [--check]
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cruise } from "dependency-cruiser";
import { repository } from "./fresh-build.ts";

const PAGE = join(repository, "docs/architecture.md");
const BEGIN = "<!-- drawn by scripts/architecture.ts: begin -->";
const END = "<!-- drawn by scripts/architecture.ts: end -->";
const SOURCES = ["src-core", "src-main", "src-preload", "src-renderer", "workers"];
/** Nouns that every room speaks of: arrows to it would hide all others. */
const EVERYWHERE = "src-core/model";

/** The room a file lives in: its top folder and the next one; files at the top are the top folder's own. */
function roomOf(file: string): string {
  const [top = "", next, third] = file.split("/");
  if (next === undefined || /\.\w+$/.test(next)) return top;
  return next === "shell" && third !== undefined && !third.includes(".") ? `${top}/${next}/${third}` : `${top}/${next}`;
}

/** Rooms, and for each the rooms it imports. */
async function readRooms(): Promise<Map<string, Set<string>>> {
  const { output } = await cruise(SOURCES, {
    parser: "swc",
    baseDir: repository,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "node_modules|\\.test\\.tsx?$|/testing/|^workers/codec/kernels/" },
    enhancedResolveOptions: { extensions: [".ts", ".tsx", ".css"] },
  });
  if (typeof output === "string") throw new Error("dependency-cruiser answered with text instead of modules.");
  const ours = (file: string) => SOURCES.some((top) => file.startsWith(`${top}/`));
  const rooms = new Map<string, Set<string>>();
  for (const { source, dependencies } of output.modules.filter((module) => ours(module.source))) {
    const from = roomOf(source);
    const imported = rooms.get(from) ?? new Set();
    rooms.set(from, imported);
    for (const { resolved } of dependencies) {
      const to = roomOf(resolved);
      if (ours(resolved) && to !== from && to !== EVERYWHERE) imported.add(to);
    }
  }
  return rooms;
}

/** The rooms as a Mermaid flowchart, everything in alphabetical order. */
function draw(rooms: Map<string, Set<string>>): string {
  const names = [...rooms.keys()].sort();
  const id = (room: string) => room.replaceAll(/[^a-z]/g, "_");
  const lines = ["```mermaid", "flowchart TD"];
  for (const top of SOURCES) {
    lines.push(`  subgraph ${id(top)}_group["${top}"]`);
    for (const room of names.filter((name) => name === top || name.startsWith(`${top}/`))) {
      lines.push(`    ${id(room)}["${room === top ? `${top} (top)` : room.slice(top.length + 1)}"]`);
    }
    lines.push("  end");
  }
  for (const from of names) {
    const to = [...(rooms.get(from) ?? [])].sort();
    if (to.length > 0) lines.push(`  ${id(from)} --> ${to.map(id).join(" & ")}`);
  }
  return [...lines, "```"].join("\n");
}

const page = readFileSync(PAGE, "utf8");
const [before, rest = ""] = page.split(BEGIN);
const after = rest.split(END)[1];
if (before === undefined || after === undefined) throw new Error(`${PAGE} lacks the marks around the drawing.`);
const drawn = `${before}${BEGIN}\n\n${draw(await readRooms())}\n\n${END}${after}`;

if (drawn === page) console.log("docs/architecture.md shows the imports as they are.");
else if (process.argv.includes("--check")) {
  console.error("docs/architecture.md does not show the imports as they are. Run: node scripts/architecture.ts");
  process.exitCode = 1;
} else {
  writeFileSync(PAGE, drawn);
  console.log("Drew docs/architecture.md anew.");
}
