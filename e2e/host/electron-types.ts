/** Reads which members Electron's own types give a class or interface. For the tests that hold the stand-in to them. */
import { readFileSync } from "node:fs";

const text = readFileSync(new URL("../../node_modules/electron/electron.d.ts", import.meta.url), "utf8");

/** Names of the members, inherited ones included. @throws Error where Electron has no such type */
export function electronMembers(type: string, isStatic: boolean): Set<string> {
  const head = new RegExp(`^  (?:class|interface) ${type}(?: extends ([\\w.]+))? \\{$`, "m").exec(text);
  if (!head) throw new Error(`electron.d.ts has no ${type}.`);
  const body = text.slice(head.index, text.indexOf("\n  }\n", head.index));
  const members = new Set<string>();
  for (const [, statically, name = ""] of body.matchAll(/^ {4}(static )?(?:readonly )?(\w+)\??[(:<]/gm)) {
    if (Boolean(statically) === isStatic) members.add(name);
  }
  const parent = head[1];
  if (parent && !/^NodeJS\.|^NodeEventEmitter$/.test(parent)) {
    for (const name of electronMembers(parent, isStatic)) members.add(name);
  }
  return members;
}

/** Names the module itself exports to the main process. */
export function electronExports(): Set<string> {
  const names = new Set<string>();
  for (const namespace of ["Common", "Main"]) {
    const head = text.indexOf(`\n  namespace ${namespace} {`);
    const body = text.slice(head, text.indexOf("\n  }\n", head));
    for (const [, name = ""] of body.matchAll(/^ {4}(?:const|class) (\w+)/gm)) names.add(name);
  }
  return names;
}
