import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readPowerSupply } from "./power-supply.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hypersdk-power-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

type Supply = Partial<Record<"type" | "scope" | "status" | "online" | "capacity", string>>;
const charger = (online: string): Supply => ({ type: "Mains", online });
const battery = (status: string, capacity: string): Supply => ({ type: "Battery", status, capacity });
const MOUSE: Supply = { ...battery("Discharging", "3"), scope: "Device" };

/** As the kernel shows them: a folder each, a file each fact, with a line's end. */
function plugIn(supplies: Record<string, Supply>): void {
  for (const [name, facts] of Object.entries(supplies)) {
    mkdirSync(join(folder, name));
    for (const [fact, text] of Object.entries(facts)) writeFileSync(join(folder, name, fact), `${text}\n`);
  }
}

it.each<[string, Record<string, Supply>, boolean | null, number | null]>([
  ["a server that tells nothing", {}, null, null],
  ["a laptop on mains", { AC: charger("1"), BAT0: battery("Charging", "71") }, true, 71],
  ["a laptop unplugged", { AC: charger("0"), BAT0: battery("Discharging", "70") }, false, 70],
  ["a full battery at mains", { AC: charger("1"), BAT0: battery("Full", "100") }, true, 100],
  [
    "one of two chargers",
    { AC: charger("0"), usb: { type: "USB", online: "1" }, BAT0: battery("Charging", "9") },
    true,
    9,
  ],
  [
    "two batteries, of which the emptier counts",
    { BAT0: battery("Full", "90"), BAT1: battery("Discharging", "8") },
    false,
    8,
  ],
  ["a battery without a charger that tells", { BAT0: battery("Charging", "50") }, true, 50],
  ["mains without a battery", { AC: charger("1") }, true, null],
  ["a mouse, which is none of it", { mouse: MOUSE, AC: charger("1"), BAT0: battery("Charging", "40") }, true, 40],
  ["nothing but a mouse", { mouse: MOUSE }, null, null],
  ["a battery that does not know how full it is", { BAT0: { type: "Battery", status: "Discharging" } }, false, null],
  ["figures that are none", { AC: charger("maybe"), BAT0: battery("Unknown", "") }, true, null],
  ["a folder without facts", { odd: {} }, null, null],
])("%s", async (_name, supplies, onMains, batteryPercent) => {
  plugIn(supplies);
  expect(await readPowerSupply(folder)).toEqual({ onMains, batteryPercent });
});

it("a system without the folder tells nothing", async () => {
  expect(await readPowerSupply(join(folder, "gone"))).toEqual({ onMains: null, batteryPercent: null });
});
