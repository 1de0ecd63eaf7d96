/** Disks for machines of tests: stamped content behind a boot sector that does next to nothing, or never stops writing. */
import { execFileSync } from "node:child_process";
import { closeSync, ftruncateSync, openSync, rmSync, writeSync } from "node:fs";

const MiB = 1024 * 1024;

/** Waits for ever, with interrupts off: the disk stays as it is. */
const IDLE = Buffer.from("faf4ebfd", "hex");

/**
 * Counts, and writes the count to both of the machine's disks, the first one first, as fast as it can: into the first 4 bytes of one of
 * sectors 128 to 191, by the count's last 6 bits, and into the first 4 bytes of sector 127.
 */
const WRITER: readonly (readonly [bytes: string, instruction: string])[] = [
  ["fc", "cld"],
  ["31c0", "xor ax, ax"],
  ["8ed8", "mov ds, ax"],
  ["8ec0", "mov es, ax"],
  ["8ed0", "mov ss, ax"],
  ["bc007c", "mov sp, 0x7c00"],
  ["66ff06007e", "next: inc dword [0x7e00]  ; the count, in the buffer that is written"],
  ["66a1007e", "mov eax, [0x7e00]"],
  ["6683e03f", "and eax, 63"],
  ["660580000000", "add eax, 128"],
  ["66a3887c", "mov [0x7c88], eax         ; the sector in the packet"],
  ["e81400", "call both"],
  ["66b87f000000", "mov eax, 127"],
  ["66a3887c", "mov [0x7c88], eax"],
  ["e80700", "call both"],
  ["ebd5", "jmp next"],
  ["909090909090", ""],
  ["b280", "both: mov dl, 0x80        ; first disk"],
  ["e80200", "call write"],
  ["b281", "mov dl, 0x81              ; second disk"],
  ["be807c", "write: mov si, 0x7c80     ; the packet"],
  ["b80043", "mov ax, 0x4300            ; extended write"],
  ["cd13", "int 0x13"],
  ["c3", "ret"],
];
/** Of int 13h extended write: 16 bytes, 1 sector, from 0000:7e00. */
const PACKET = Buffer.from("10000100007e00000000000000000000", "hex");

export type Guest = "idle" | "writer";

export function bootSectorOf(guest: Guest): Buffer {
  const sector = Buffer.alloc(512);
  const code = guest === "idle" ? IDLE : Buffer.from(WRITER.map(([bytes]) => bytes).join(""), "hex");
  if (code.length > 0x80) throw new RangeError(`${code.length} bytes of code`);
  code.copy(sector);
  PACKET.copy(sector, 0x80);
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}

/** What lies at `offset` of a stamped disk. */
export function stampedByte(seed: number, offset: number): number {
  return (Math.floor(offset / 512) * 7 + offset + seed) % 251;
}

/**
 * Makes a disk: a boot sector, data in the ranges, nothing elsewhere.
 * @param data in MiB: [from, to)
 */
export function makeDisk(
  path: string,
  format: "raw" | "qcow2",
  options: {
    readonly sizeMiB: number;
    readonly data: readonly (readonly [number, number])[];
    readonly seed: number;
    readonly guest: Guest;
  },
): void {
  const rawPath = format === "raw" ? path : `${path}.raw`;
  const file = openSync(rawPath, "wx");
  try {
    ftruncateSync(file, options.sizeMiB * MiB);
    const piece = Buffer.alloc(MiB);
    for (const [from, to] of options.data) {
      for (let at = from * MiB; at < to * MiB; at += MiB) {
        for (let i = 0; i < MiB; i++) piece[i] = stampedByte(options.seed, at + i);
        writeSync(file, piece, 0, MiB, at);
      }
    }
    writeSync(file, bootSectorOf(options.guest), 0, 512, 0);
  } finally {
    closeSync(file);
  }
  if (format === "raw") return;
  execFileSync("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", rawPath, path]);
  rmSync(rawPath);
}
