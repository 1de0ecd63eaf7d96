/** What `npm run bench -- convert` measures: each row with the ratio it must reach and the one it aims at. */
import {
  type Image,
  KINDS,
  type KindName,
  ourComparison,
  ourConversion,
  peerComparison,
  peerConversion,
} from "./images.ts";
import type { Command } from "./measure.ts";

/** Compressed results may be so much larger than the peer's: else it would be easy to be fast. */
const SIZE_LIMIT = 1.01;

/** Ratios of wall time, ours ÷ theirs. */
interface Goal {
  readonly must: number;
  readonly aim: number;
}

/** The commands of one row. */
export interface Contest {
  readonly ours: Command;
  readonly peers: readonly { readonly flags: string; readonly command: Command }[];
  /** What all of them write; null when they only read. */
  readonly out: Image | null;
}

export interface Row extends Goal {
  /** What `--only` looks at. */
  readonly id: string;
  readonly label: string;
  readonly sizeLimit: number | null;
  /** Images it reads. */
  readonly sources: readonly KindName[];
  /** @param source gives the image of a kind @param folder for what is written */
  contest(source: (kind: KindName) => Image, folder: string): Contest;
}

/** Ways of running the peer: the better one counts. */
const PEER_FLAGS = ["", "-m 16 -W"];

const words = (text: string) => text.split(" ").filter((word) => word !== "");

const outputOf = (folder: string, kind: KindName): Image => ({ kind, path: `${folder}/out.${KINDS[kind].extension}` });

/** Nobody syncs: the result stays in the page cache. */
function conversion(from: KindName, to: KindName, goal: Goal): Row {
  return {
    ...goal,
    id: `${from}-to-${to}`,
    label: `${KINDS[from].label} → ${KINDS[to].label}`,
    sizeLimit: KINDS[to].compressed ? SIZE_LIMIT : null,
    sources: [from],
    contest: (source, folder) => contest(source(from), outputOf(folder, to), ["--verify", "none", "--no-sync"], ""),
  };
}

/** Both sides end with the result on the disk. */
function durable(from: KindName, to: KindName, goal: Goal): Row {
  return {
    ...goal,
    id: `${from}-to-${to}-durable`,
    label: `${KINDS[from].label} → ${KINDS[to].label}, durable`,
    sizeLimit: null,
    sources: [from],
    contest: (source, folder) => contest(source(from), outputOf(folder, to), ["--verify", "none"], "-t writeback"),
  };
}

function contest(from: Image, out: Image, options: readonly string[], peerOptions: string): Contest {
  const ways = PEER_FLAGS.map((flags) => `${peerOptions} ${flags}`.trim());
  return {
    ours: ourConversion(from, out, options),
    peers: ways.map((flags) => ({ flags, command: peerConversion(from, out, words(flags)) })),
    out,
  };
}

function comparison(a: KindName, b: KindName, goal: Goal): Row {
  return {
    ...goal,
    id: `compare-${a}-with-${b}`,
    label: `compare ${KINDS[a].label} with ${KINDS[b].label}`,
    sizeLimit: null,
    sources: [a, b],
    contest: (source) => ({
      ours: ourComparison(source(a), source(b)),
      peers: [{ flags: "", command: peerComparison(source(a), source(b)) }],
      out: null,
    }),
  };
}

/** Converting with full verification, beside the peer's two commands that do the same. */
function verified(from: KindName, to: KindName, goal: Goal): Row {
  return {
    ...goal,
    id: `${from}-to-${to}-verified`,
    label: `${KINDS[from].label} → ${KINDS[to].label}, verified`,
    sizeLimit: null,
    sources: [from],
    contest: (source, folder) => {
      const out = outputOf(folder, to);
      const compare = peerComparison(source(from), out);
      const unverified = contest(source(from), out, ["--verify", "full", "--no-sync"], "");
      return {
        ...unverified,
        peers: unverified.peers.map(({ flags, command }) => ({ flags, command: inTurn([command, compare]) })),
      };
    },
  };
}

/** Several commands as one process: each starts when the one before it has succeeded. */
function inTurn(commands: readonly Command[]): Command {
  const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;
  const lines = commands.map(({ program, args }) => [program, ...args].map(quoted).join(" "));
  return { program: "sh", args: ["-c", lines.join(" && ")] };
}

const STREAM = { must: 0.4, aim: 0.25 };
const SPARSE = { must: 0.6, aim: 0.4 };
const ZLIB = { must: 0.45, aim: 0.25 };
const ZSTD = { must: 0.65, aim: 0.45 };
const TO_STREAM = { must: 0.35, aim: 0.16 };
const VHDX = { must: 0.75, aim: 0.5 };
const PLAIN = { must: 1, aim: 0.85 };
const COMPARE = { must: 0.6, aim: 0.35 };

/** In an order that lets each source be made once and removed after its last row. */
export const ROWS: readonly Row[] = [
  ...(["qcow2", "raw", "vhdx", "vhd", "vdi"] as const).map((to) => conversion("stream", to, STREAM)),
  conversion("stream", "zlib", ZLIB),
  conversion("stream", "zstd", ZSTD),
  durable("stream", "qcow2", { must: 0.45, aim: 0.28 }),
  comparison("stream", "qcow2", COMPARE),
  conversion("sparse", "qcow2", SPARSE),
  conversion("sparse", "raw", SPARSE),
  conversion("sparse", "vhdx", { must: 0.65, aim: 0.42 }),
  conversion("sparse", "vhd", { must: 0.75, aim: 0.5 }),
  conversion("sparse", "vdi", { must: 0.6, aim: 0.4 }),
  conversion("sparse", "zlib", ZLIB),
  conversion("sparse", "zstd", ZSTD),
  conversion("sparse", "stream", TO_STREAM),
  durable("sparse", "qcow2", { must: 0.6, aim: 0.4 }),
  verified("sparse", "qcow2", COMPARE),
  comparison("sparse", "qcow2", COMPARE),
  conversion("qcow2", "raw", PLAIN),
  conversion("qcow2", "qcow2", PLAIN),
  conversion("zlib", "raw", { must: 0.6, aim: 0.35 }),
  conversion("vhdx", "raw", VHDX),
  conversion("vhdx", "qcow2", VHDX),
  conversion("vhd", "raw", PLAIN),
  conversion("vhd", "qcow2", PLAIN),
  conversion("vdi", "raw", PLAIN),
  conversion("vdi", "qcow2", PLAIN),
  ...(["qcow2", "raw", "vhdx", "vhd", "vdi"] as const).map((to) => conversion("raw", to, PLAIN)),
  conversion("raw", "stream", TO_STREAM),
];
