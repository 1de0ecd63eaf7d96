/** Starts the lab vCenter (or stand-alone ESXi host) on loopback for tests. How-to: vsphere-lab/README.md. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { labProgram } from "./vsphere-lab-build.ts";
import { type LabControl, type LabMachine, type LabMachineSpec, labControl } from "./vsphere-lab-control.ts";

export interface VsphereLabOptions {
  /** A stand-alone ESXi host in place of a vCenter. */
  readonly esx?: boolean;
  readonly machines?: readonly LabMachineSpec[];
  /** Machines without contents besides; 20,000 take about 10 s. */
  readonly fill?: number;
  readonly username?: string;
  readonly password?: string;
  readonly datacenter?: string;
  readonly datacenterFolder?: string;
  /** The simulator's log goes to this process's standard error. */
  readonly verbose?: boolean;
}

export interface VsphereLab {
  /** https://127.0.0.1:PORT; SOAP is at /sdk. */
  readonly url: string;
  /** The ESXi host's door, with a certificate of its own: device URLs of leases lead there. */
  readonly hostUrl: string;
  readonly username: string;
  readonly password: string;
  /** SHA-256 of the vCenter's certificate, as AA:BB:…; thumbprint is the SHA-1. */
  readonly fingerprint: string;
  readonly thumbprint: string;
  /** The authority that signed the vCenter's certificate (valid for 127.0.0.1, localhost). */
  readonly caPem: string;
  readonly hostCertificatePem: string;
  readonly hostFingerprint: string;
  readonly hostThumbprint: string;
  /** What dcPath must be, as in "Europe/Berlin & Sons 1". */
  readonly datacenterPath: string;
  readonly datastores: readonly string[];
  /** The machines of the options, as made. */
  readonly machines: readonly LabMachine[];
  /** Where `control` speaks to, for programs in other languages. */
  readonly door: { readonly controlUrl: string; readonly controlToken: string };
  readonly control: LabControl;
  /** The raw file with what the guest sees, or what a snapshot (moref value) holds. */
  diskTruth(vm: string, disk: number, snapshot?: string): Promise<string>;
  /** Ends the lab and removes its folder. */
  stop(): Promise<void>;
}

interface ReadyLine extends Omit<VsphereLab, "username" | "password" | "door" | "control" | "diskTruth" | "stop"> {
  readonly controlUrl: string;
  readonly controlToken: string;
}

/** Builds the lab if need be, starts it and waits for its ready line. */
export async function startVsphereLab(options: VsphereLabOptions = {}): Promise<VsphereLab> {
  const program = await labProgram();
  const dir = mkdtempSync(join(tmpdir(), "hypersdk-lab-"));
  const username = options.username ?? "administrator@vsphere.local";
  const password = options.password ?? "Pa$$ <w0rd> & ümlaut";
  const child = spawn(program, [], {
    env: { PATH: process.env.PATH, TMPDIR: dir },
    stdio: ["pipe", "pipe", options.verbose === true ? "inherit" : "pipe"],
  });
  const killed = () => child.kill("SIGKILL");
  process.once("exit", killed);
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let complaint = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-8_000);
  });
  // A lab that died says why below; the broken pipe itself is no news.
  child.stdin?.on("error", () => undefined);
  // The lab ends when this pipe closes: it never outlives the test.
  child.stdin?.write(`${JSON.stringify({ dir, machines: [], ...options, username, password })}\n`);
  async function stop(): Promise<void> {
    process.off("exit", killed);
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), 5_000);
    await ended;
    clearTimeout(late);
    rmSync(dir, { recursive: true, force: true });
  }
  try {
    const ready = await new Promise<ReadyLine>((resolve, reject) => {
      child.once("error", reject);
      // One line, made by the lab of this repository.
      if (child.stdout !== null) {
        createInterface({ input: child.stdout }).once("line", (line) => resolve(JSON.parse(line) as ReadyLine));
      }
      void ended.then(() => reject(new Error(`The vSphere lab ended before it was ready: ${complaint}`)));
    });
    const { controlUrl, controlToken, ...facts } = ready;
    const control = labControl(controlUrl, controlToken);
    return {
      ...facts,
      username,
      password,
      door: { controlUrl, controlToken },
      control,
      diskTruth: control.truth,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
