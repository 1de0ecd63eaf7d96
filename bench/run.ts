/** Starts one measurement by name: `npm run bench -- convert [options]`. Each question is a file of its own in this folder. */
import { convertBench } from "./convert.ts";
import { costBench } from "./cost.ts";
import { kernelsBench } from "./kernels.ts";
import { memoryBench } from "./memory.ts";
import { nbdBench } from "./nbd.ts";
import { schedulesBench } from "./schedules.ts";
import { vsphereBench } from "./vsphere.ts";

const benches: Record<string, (args: readonly string[]) => Promise<void>> = {
  convert: convertBench,
  cost: costBench,
  kernels: kernelsBench,
  memory: memoryBench,
  nbd: nbdBench,
  schedules: schedulesBench,
  vsphere: vsphereBench,
};

const [name = "", ...args] = process.argv.slice(2);
const bench = benches[name];
if (bench === undefined) {
  console.error(`Which measurement? One of: ${Object.keys(benches).join(", ")}`);
  process.exitCode = 2;
} else {
  try {
    await bench(args);
  } catch (thrown) {
    console.error(thrown instanceof Error ? thrown.message : thrown);
    process.exitCode = 2;
  }
}
