/**
 * Sector 0 of the sample disk: a real PC boot sector. The firmware loads it at 0x7C00 in 16-bit real mode; it prints one line on
 * the first serial port, waits until the line has left, turns the machine off through APM and, where that is not to be had, halts.
 *
 *   0      code (the listing below)     0x80   the line, ended by a zero byte
 *   0x1BE  partition table              0x1FE  signature 55 AA
 */

/** What a machine that boots the disk prints (without the line end). */
export const BOOT_LINE = "HyperSDK sample disk: boot OK";

/** First sector of the one partition: 1 MiB, where today's partitioning tools put it. */
export const PARTITION_START_SECTOR = 2048;

const SECTOR_BYTES = 512;
const TEXT_OFFSET = 0x80;
const TABLE_OFFSET = 0x1be;
const PARTITION_TYPE_LINUX = 0x83;

/** The code: machine bytes, the instruction they are, and what it is for. 0x3F8 is the base of COM1 (an 8250 UART). */
const LISTING: readonly (readonly [bytes: string, instruction: string, purpose: string])[] = [
  ["fa", "cli", "no interrupts while there is no stack"],
  ["fc", "cld", "lodsb goes upwards"],
  ["31c0", "xor ax, ax", ""],
  ["8ed8", "mov ds, ax", "all segments 0, so that 0x7C00 is 0x7C00"],
  ["8ed0", "mov ss, ax", ""],
  ["bc007c", "mov sp, 0x7c00", "the stack grows down from the code"],
  ["bafb03", "mov dx, 0x3fb", "line control register"],
  ["b080", "mov al, 0x80", "divisor latch on"],
  ["ee", "out dx, al", ""],
  ["baf803", "mov dx, 0x3f8", "divisor, low byte"],
  ["b001", "mov al, 1", "115200 baud"],
  ["ee", "out dx, al", ""],
  ["42", "inc dx", "divisor, high byte"],
  ["30c0", "xor al, al", ""],
  ["ee", "out dx, al", ""],
  ["bafb03", "mov dx, 0x3fb", ""],
  ["b003", "mov al, 3", "8 bits, no parity, 1 stop bit; divisor latch off"],
  ["ee", "out dx, al", ""],
  ["be807c", "mov si, 0x7c80", "the line"],
  ["ac", "next: lodsb", ""],
  ["84c0", "test al, al", "its end?"],
  ["7412", "jz done", ""],
  ["88c3", "mov bl, al", ""],
  ["bafd03", "mov dx, 0x3fd", "line status register"],
  ["ec", "ready: in al, dx", ""],
  ["a820", "test al, 0x20", "room for a byte?"],
  ["74fb", "jz ready", ""],
  ["baf803", "mov dx, 0x3f8", ""],
  ["88d8", "mov al, bl", ""],
  ["ee", "out dx, al", ""],
  ["ebe9", "jmp next", ""],
  ["bafd03", "done: mov dx, 0x3fd", ""],
  ["ec", "drain: in al, dx", ""],
  ["a840", "test al, 0x40", "has everything left the port?"],
  ["74fb", "jz drain", ""],
  ["b80153", "mov ax, 0x5301", "APM: connect, real mode"],
  ["31db", "xor bx, bx", ""],
  ["cd15", "int 0x15", ""],
  ["b80753", "mov ax, 0x5307", "APM: set power state"],
  ["bb0100", "mov bx, 1", "of all devices"],
  ["b90300", "mov cx, 3", "to off"],
  ["cd15", "int 0x15", ""],
  ["fa", "stop: cli", "not turned off: stay here for good"],
  ["f4", "hlt", ""],
  ["ebfc", "jmp stop", ""],
];

/** The 512 bytes of sector 0 for a disk of this many sectors. @param diskSectors above PARTITION_START_SECTOR, below 2^32 */
export function bootSector(diskSectors: number): Buffer {
  const sector = Buffer.alloc(SECTOR_BYTES);
  const code = Buffer.from(LISTING.map(([bytes]) => bytes).join(""), "hex");
  if (code.length > TEXT_OFFSET) throw new RangeError(`the code has ${code.length} bytes, room is for ${TEXT_OFFSET}`);
  code.copy(sector, 0);
  sector.write(`${BOOT_LINE}\r\n`, TEXT_OFFSET, "ascii");
  sector[TABLE_OFFSET] = 0x80; // active
  sector.set([0xfe, 0xff, 0xff], TABLE_OFFSET + 1); // cylinder, head, sector: "see the sector numbers"
  sector[TABLE_OFFSET + 4] = PARTITION_TYPE_LINUX;
  sector.set([0xfe, 0xff, 0xff], TABLE_OFFSET + 5);
  sector.writeUInt32LE(PARTITION_START_SECTOR, TABLE_OFFSET + 8);
  sector.writeUInt32LE(diskSectors - PARTITION_START_SECTOR, TABLE_OFFSET + 12);
  sector.writeUInt16LE(0xaa55, SECTOR_BYTES - 2);
  return sector;
}
