import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { keyFile } from "../files/key-file.ts";
import { createVault } from "./vault.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hypersdk-vault-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const secret = { password: "correct horse", privateKey: null, passphrase: "battery" };
const open = () => createVault({ system: null, dataFolder: folder });
const unreadable = expect.objectContaining({ code: "vault.unreadable" });

it("opens what it sealed, also after a restart, and shows nothing of it", () => {
  const sealed = open().seal("source", secret);
  expect(sealed).not.toContain("horse");
  expect(Buffer.from(sealed.slice(5), "base64").toString("latin1")).not.toContain("horse");
  expect(open().open("source", sealed)).toEqual(secret);
  expect(open().seal("source", secret)).not.toBe(sealed);
});

it("keeps its key where only the owner can read it, and closes it again", () => {
  const sealed = open().seal("source", secret);
  expect(statSync(keyFile(folder)).mode & 0o777).toBe(0o600);
  chmodSync(keyFile(folder), 0o644);
  expect(open().open("source", sealed)).toEqual(secret);
  expect(statSync(keyFile(folder)).mode & 0o777).toBe(0o600);
});

it("opens nothing of another source, and nothing that was changed", () => {
  const vault = open();
  const sealed = vault.seal("source", secret);
  expect(() => vault.open("other", sealed)).toThrow(unreadable);
  const bytes = Buffer.from(sealed.slice(5), "base64");
  for (let at = 0; at < bytes.length; at += 1) {
    const bad = Buffer.from(bytes);
    bad[at] = (bad[at] ?? 0) ^ 1;
    expect(() => vault.open("source", `key1:${bad.toString("base64")}`)).toThrow(unreadable);
  }
  for (const text of ["", "key1:", "key1:AAAA", "other:x", "system1:x"]) {
    expect(() => vault.open("source", text)).toThrow(unreadable);
  }
});

it("says that the key is lost or damaged", () => {
  const sealed = open().seal("source", secret);
  const before = readFileSync(keyFile(folder));
  rmSync(keyFile(folder));
  expect(() => open().open("source", sealed)).toThrow(unreadable);
  writeFileSync(keyFile(folder), "short");
  expect(() => open().open("source", sealed)).toThrow(expect.objectContaining({ code: "vault.unavailable" }));
  writeFileSync(keyFile(folder), before);
  expect(open().open("source", sealed)).toEqual(secret);
});

it("leaves it to the system where that can, and still opens what the key file sealed", () => {
  const system = {
    seal: (text: string) => Buffer.from(text).toString("hex"),
    open: (sealed: string) => Buffer.from(sealed, "hex").toString(),
  };
  const byKey = open().seal("source", secret);
  const vault = createVault({ system, dataFolder: folder });
  const bySystem = vault.seal("source", secret);
  expect(bySystem).toMatch(/^system1:/);
  expect(vault.open("source", bySystem)).toEqual(secret);
  expect(vault.open("source", byKey)).toEqual(secret);
  expect(() => vault.open("other", bySystem)).toThrow(unreadable);
  expect(() => open().open("source", bySystem)).toThrow(
    expect.objectContaining({ hint: expect.stringContaining("window") }),
  );
});
