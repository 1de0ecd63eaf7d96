/** What powers this computer, as Linux tells it. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

export interface Power {
  /** Null: nobody can tell. */
  readonly onMains: boolean | null;
  /** Of the emptiest battery, 0 to 100; null: there is none, or nobody can tell. */
  readonly batteryPercent: number | null;
}

const FOLDER = "/sys/class/power_supply";

/** @param folder another one for tests */
export async function readPowerSupply(folder = FOLDER): Promise<Power> {
  const names = await readdir(folder).catch(() => []);
  const supplies = await Promise.all(names.map((name) => readSupply(join(folder, name))));
  const system = supplies.filter(({ scope }) => scope !== "Device"); // not the battery of a mouse
  const chargers = system.filter(({ type, online }) => type !== "Battery" && online !== null);
  const batteries = system.filter(({ type }) => type === "Battery");
  const levels = batteries.flatMap(({ capacity }) => capacity ?? []);
  return {
    onMains:
      chargers.length > 0
        ? chargers.some(({ online }) => online === 1)
        : batteries.length > 0
          ? !batteries.some(({ status }) => status === "Discharging")
          : null,
    batteryPercent: levels.length === 0 ? null : Math.min(...levels),
  };
}

async function readSupply(folder: string) {
  const text = (name: string) =>
    readFile(join(folder, name), "utf8").then(
      (read) => read.trim(),
      () => null,
    );
  const number = async (name: string) => {
    const read = await text(name);
    return read === null || read === "" || Number.isNaN(Number(read)) ? null : Number(read);
  };
  const [type, scope, status, online, capacity] = await Promise.all([
    text("type"),
    text("scope"),
    text("status"),
    number("online"),
    number("capacity"),
  ]);
  return { type, scope, status, online, capacity };
}
