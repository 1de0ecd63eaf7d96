/** Where a measurement ran: figures without it say nothing. */
import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import type { Machine } from "./result.ts";

/** @param folder that is measured in */
export function describeMachine(folder: string): Machine {
  return {
    node: process.version.slice(1),
    qemuImg: /version (\S+)/.exec(execFileSync("qemu-img", ["--version"], { encoding: "utf8" }))?.[1] ?? "?",
    cpu: cpus()[0]?.model ?? "?",
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    kernel: release(),
    fileSystem: execFileSync("stat", ["-f", "-c", "%T", folder], { encoding: "utf8" }).trim(),
    loadAverage: loadavg()[0] ?? 0,
  };
}
