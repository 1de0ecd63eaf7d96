import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { isLinkMetered } from "./metered-link.ts";
import { type SystemBus, startSystemBus } from "./testing/system-bus.ts";

let folder: string;
let bus: SystemBus;
let metered = 0;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hypersdk-metered-"));
  bus = await startSystemBus(join(folder, "bus"), () => metered);
});
afterAll(() => {
  vi.unstubAllEnvs();
  bus.close();
  rmSync(folder, { recursive: true });
});

describe("a metered link on Linux", () => {
  it.each([
    [0, null],
    [1, true],
    [2, false],
    [3, true],
    [4, false],
    [77, null],
  ])("NetworkManager says %i: %s", async (state, said) => {
    vi.stubEnv("DBUS_SYSTEM_BUS_ADDRESS", bus.address);
    metered = state;
    expect(await isLinkMetered("linux")).toBe(said);
    expect(bus.asked.at(-1)).toContain("org.freedesktop.NetworkManager");
    expect(bus.asked.at(-1)).toContain("Metered");
  });

  it("is unknown without a bus", async () => {
    vi.stubEnv("DBUS_SYSTEM_BUS_ADDRESS", `unix:path=${join(folder, "none")}`);
    expect(await isLinkMetered("linux")).toBeNull();
  });
});

describe("a metered link on Windows", () => {
  it.each([
    ["Unrestricted", false],
    ["Fixed", true],
    ["Variable", true],
    ["Unknown", null],
    ["", null],
  ])("PowerShell says %s: %s", async (cost, said) => {
    writeFileSync(join(folder, "powershell.exe"), `#!/bin/sh\nprintf '%s\\r\\n' '${cost}'\n`, { mode: 0o755 });
    vi.stubEnv("PATH", [folder, process.env.PATH].join(delimiter));
    expect(await isLinkMetered("win32")).toBe(said);
  });
});

it("elsewhere nobody tells", async () => {
  expect(await isLinkMetered("darwin")).toBeNull();
});
