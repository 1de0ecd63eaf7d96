/** A log that QEMU wrote, replayed by QEMU and by us: the same disk. */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { openImage, qemuImg } from "../testing/qemu-img.ts";
import { HEADER_BYTES, HEADERS_AT, header, LOG_SECTOR_BYTES, logEntryHeader, MIB, seal } from "./structures.ts";

const folder = mkdtempSync(join(tmpdir(), "vhdx-log-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("restores the BAT that a crash lost", async () => {
  const [path, theirs, raw] = ["crashed.vhdx", "theirs.vhdx", "theirs.raw"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  qemuImg("create", "-q", "-f", "vhdx", "-o", "block_size=1M", path, "20M");
  const writes = ["write -P 0x5a 0 1M", "write -P 0x5b 5M 64k", "write -P 0x5c 17M 64k"];
  execFileSync("qemu-io", ["-f", "vhdx", ...writes.flatMap((write) => ["-c", write]), path], { stdio: "pipe" });
  // QEMU leaves its entries in the ring and says in the header that they are done: that is taken back, and the BAT destroyed.
  const image = readFileSync(path);
  const place = (atBytes: number) => ({ file: path, atBytes });
  const log = header.decode(image.subarray(HEADERS_AT[0]), place(HEADERS_AT[0])).logOffset;
  // Each write had a log of its own with a GUID of its own; the last one names every block.
  const entries = Array.from({ length: 16 }, (_, i) => log + i * LOG_SECTOR_BYTES).filter(
    (at) => image.toString("latin1", at, at + 4) === "loge",
  );
  const lastAt = entries.at(-1) ?? 0;
  const { logGuid } = logEntryHeader.decode(image.subarray(lastAt), place(lastAt));
  for (const at of HEADERS_AT) {
    const values = header.decode(image.subarray(at), place(at));
    image.set(header.encode({ ...values, logGuid }), at);
    seal(image.subarray(at, at + HEADER_BYTES));
  }
  const batAt = 2 * MIB;
  expect(image.readBigUInt64LE(batAt) % 8n).toBe(6n);
  image.fill(0xee, batAt, batAt + LOG_SECTOR_BYTES);
  writeFileSync(path, image);
  copyFileSync(path, theirs);
  qemuImg("check", "-f", "vhdx", "-r", "all", theirs);
  qemuImg("convert", "-f", "vhdx", "-O", "raw", theirs, raw);
  const opened = await openImage(path);
  const ours = new Uint8Array(20 * MIB);
  await opened.reader.read(0, ours);
  expect(Buffer.compare(readFileSync(raw), ours)).toBe(0);
  expect([ours[0], ours[5 * MIB], ours[17 * MIB], ours[18 * MIB]]).toEqual([0x5a, 0x5b, 0x5c, 0]);
  expect(opened.warnings).toEqual([expect.stringContaining("not closed cleanly")]);
  await opened.close();
  expect(readFileSync(path).equals(image)).toBe(true);
});
