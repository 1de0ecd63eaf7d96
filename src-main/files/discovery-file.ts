/** Where a running program's service.json lies. Apart from discovery.ts, so that a command that finds none loads no schema. */
import { existsSync } from "node:fs";
import { join } from "node:path";

export function discoveryFile(dataFolder: string): string {
  return join(dataFolder, "service.json");
}

/** Whether some program says that it runs on the data folder; whether it does is for `readLiveDiscovery` to tell. */
export function hasDiscovery(dataFolder: string): boolean {
  return existsSync(discoveryFile(dataFolder));
}
