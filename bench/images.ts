/** The formats measured, as both sides call them, and how one conversion is asked of each side. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Command } from "./measure.ts";

const CLI = fileURLToPath(new URL("../out/main/cli.js", import.meta.url));

/** A way of storing a disk. */
export interface Kind {
  readonly label: string;
  /** For file names. */
  readonly extension: string;
  readonly ours: { readonly format: string; readonly options: readonly string[] };
  readonly peer: { readonly format: string; readonly options: readonly string[] };
  readonly compressed: boolean;
  /** Whether `qemu-img check` knows it. */
  readonly checked: boolean;
}

function plain(label: string, peerFormat = label): Kind {
  return {
    label,
    extension: label,
    ours: { format: label, options: [] },
    peer: { format: peerFormat, options: [] },
    compressed: false,
    checked: !["raw", "vhd"].includes(label),
  };
}

function vmdk(subformat: string, extension: string, compressed: boolean): Kind {
  return {
    label: subformat,
    extension,
    ours: { format: "vmdk", options: ["--subformat", subformat] },
    peer: { format: "vmdk", options: ["-o", `subformat=${subformat}`] },
    compressed,
    checked: true,
  };
}

function packedQcow2(method: "zlib" | "zstd"): Kind {
  return {
    label: `qcow2 ${method}`,
    extension: `${method}.qcow2`,
    ours: { format: "qcow2", options: ["--compress", method] },
    peer: { format: "qcow2", options: ["-c", "-o", `compression_type=${method}`] },
    compressed: true,
    checked: true,
  };
}

export const KINDS = {
  raw: plain("raw"),
  qcow2: plain("qcow2"),
  vhdx: plain("vhdx"),
  vhd: plain("vhd", "vpc"),
  vdi: plain("vdi"),
  sparse: vmdk("monolithicSparse", "sparse.vmdk", false),
  stream: vmdk("streamOptimized", "stream.vmdk", true),
  zlib: packedQcow2("zlib"),
  zstd: packedQcow2("zstd"),
} as const satisfies Record<string, Kind>;
export type KindName = keyof typeof KINDS;

/** A disk of a kind. */
export interface Image {
  readonly kind: KindName;
  readonly path: string;
}

/** Our command line as built, a process of its own. */
export function ours(args: readonly string[]): Command {
  return { program: process.execPath, args: [CLI, ...args] };
}

export function ourConversion(from: Image, to: Image, options: readonly string[]): Command {
  const [source, target] = [KINDS[from.kind].ours, KINDS[to.kind].ours];
  const formats = ["--from", source.format, "--to", target.format, ...target.options];
  return ours(["convert", from.path, to.path, ...formats, "--local", ...options]);
}

export function peerConversion(from: Image, to: Image, options: readonly string[]): Command {
  const [source, target] = [KINDS[from.kind].peer, KINDS[to.kind].peer];
  const formats = ["-f", source.format, "-O", target.format, ...target.options];
  return { program: "qemu-img", args: ["convert", ...options, ...formats, from.path, to.path] };
}

export function ourComparison(a: Image, b: Image): Command {
  const formats = ["--a-format", KINDS[a.kind].ours.format, "--b-format", KINDS[b.kind].ours.format];
  return ours(["compare", a.path, b.path, ...formats, "--local"]);
}

export function peerComparison(a: Image, b: Image): Command {
  const formats = ["-f", KINDS[a.kind].peer.format, "-F", KINDS[b.kind].peer.format];
  return { program: "qemu-img", args: ["compare", ...formats, a.path, b.path] };
}

/** Runs a command that is not measured. @returns its stdout @throws Error with what it said when it fails */
export async function runPlain({ program, args }: Command, signal: AbortSignal): Promise<string> {
  return (await promisify(execFile)(program, [...args], { signal })).stdout;
}
