/**
 * Structure-aware fuzzing: takes a sound image, makes its structures lie, and asks that a reader answers with success or with
 * a named error, soon, in little memory, and leaves nothing open. Every case follows from its seed.
 */
import { AppError } from "../../../src-core/model/error.ts";
import type { DiskReader } from "../format.ts";
import { type Access, checkFiles, type Fixture, type FixtureField, newAccess, openFiles, withFile } from "./fixture.ts";
import { FIXTURES } from "./fixtures.ts";
import { seededRandom } from "./test-disk.ts";

export interface FuzzCase {
  readonly fixture: Fixture;
  /** What was done to the image, in words. */
  readonly mutations: readonly string[];
}

/** What a case must not exceed, and how much of a disk is walked: a whole one of petabytes honestly takes its time. */
export const FUZZ_LIMITS = {
  /** Processor time of the thread, which does not grow with what else the computer does. */
  milliseconds: 2000,
  /** After this time a check is canceled: one of petabytes honestly takes its time. */
  checkMilliseconds: 250,
  memoryBytes: 128 * 1024 * 1024,
  extents: 5000,
  walkedBytes: 2 ** 30,
  findings: 5000,
} as const;

const sound = Object.values(FIXTURES).flatMap((make) => make());

/** The case of a seed. */
export function fuzzCase(seed: number): FuzzCase {
  const random = seededRandom(seed);
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)];
  let fixture = pick(sound) ?? raise("no fixtures");
  const mutations: string[] = [];
  const count = 1 + Math.floor(random() * 3);
  for (let i = 0; i < count; i++) {
    const kind = pick(
      fixture.fields.length > 0
        ? ["field", "field", "field", "copy", "cut", "noise", "text", "grow"]
        : ["cut", "noise", "grow"],
    );
    if (kind === "field") {
      const field = pick(fixture.fields);
      if (!field) continue;
      const value = lyingValue(readField(fixture, field), field.sizeBytes, random);
      fixture = writeField(fixture, field, value);
      mutations.push(`${field.file} ${field.name} := ${value}`);
    } else if (kind === "copy") {
      const [from, to] = [pick(fixture.fields), pick(fixture.fields)];
      if (!from || !to) continue;
      fixture = writeField(fixture, to, readField(fixture, from));
      mutations.push(`${to.file} ${to.name} := ${from.name}`);
    } else if (kind === "cut") {
      const file = pick([...fixture.files.keys()]) ?? fixture.main;
      const whole = fixture.files.get(file) ?? new Uint8Array(0);
      const border = pick(fixture.structures.filter((structure) => structure.file === file));
      const at =
        border && random() < 0.5 ? border.start + Math.floor(random() * 2) : Math.floor(random() * whole.length);
      fixture = withFile(fixture, file, whole.slice(0, at));
      mutations.push(`${file} cut at ${at}`);
    } else if (kind === "grow") {
      const file = pick([...fixture.files.keys()]) ?? fixture.main;
      const size = 2 ** (20 + Math.floor(random() * 31)) + Math.floor(random() * 3) * 512;
      fixture = { ...fixture, apparentSizes: new Map([...(fixture.apparentSizes ?? []), [file, size]]) };
      mutations.push(`${file} seems to have ${size} bytes`);
    } else if (kind === "noise") {
      const file = pick([...fixture.files.keys()]) ?? fixture.main;
      const bytes = new Uint8Array(fixture.files.get(file) ?? []);
      const at = Math.floor((random() < 0.5 ? 2048 : bytes.length) * random());
      const length = 1 + Math.floor(random() * 16);
      for (let j = at; j < Math.min(at + length, bytes.length); j++) bytes[j] = Math.floor(random() * 256);
      fixture = withFile(fixture, file, bytes);
      mutations.push(`${file} noise at ${at}, ${length} bytes`);
    } else {
      const mutated = mutateText(fixture, random);
      fixture = mutated.fixture;
      mutations.push(mutated.what);
    }
  }
  if (random() < 0.8) fixture = sealAgain(fixture);
  return { fixture, mutations };
}

/** With checksums that fit the lies, where the format has checksums. */
function sealAgain(fixture: Fixture): Fixture {
  const content = fixture.files.get(fixture.main);
  return fixture.resealed && content ? withFile(fixture, fixture.main, fixture.resealed(content)) : fixture;
}

/** Numbers that readers stumble over. */
function lyingValue(value: bigint, sizeBytes: number, random: () => number): bigint {
  const max = 2n ** BigInt(sizeBytes * 8) - 1n;
  const bit = 1n << BigInt(Math.floor(random() * sizeBytes * 8));
  const choices = [
    0n,
    1n,
    max,
    max - 1n,
    value + 1n,
    value - 1n,
    value * 2n,
    value ^ bit,
    bit,
    bit - 1n,
    2n ** 53n,
    2n ** 53n - 1n,
  ];
  choices.push(BigInt(Math.floor(random() * 2 ** 32)), BigInt(Math.floor(random() * 300)) * 512n);
  const chosen = choices[Math.floor(random() * choices.length)] ?? 0n;
  return chosen & max;
}

/** Descriptor lines that lie; images without text get a byte of noise instead. */
function mutateText(fixture: Fixture, random: () => number): { fixture: Fixture; what: string } {
  const bytes = fixture.files.get(fixture.main) ?? new Uint8Array(0);
  const text = Buffer.from(bytes).toString("latin1");
  const start = text.indexOf("# Disk DescriptorFile");
  if (start < 0) return { fixture, what: "no text" };
  const nul = text.indexOf("\0", start);
  const end = nul < 0 ? text.length : nul;
  const lines = text.slice(start, end).split("\n");
  const at = Math.floor(random() * lines.length);
  const line = lines[at] ?? "";
  const big = String(Math.floor(random() * 2 ** 53));
  const replacements = [
    line.replace(/\d+/, big),
    line.replace(/\d+/, "0"),
    line.replace(/\d+/, "99999999999999999999999"),
    line.replace(/"[^"]*"/, '"../../../etc/passwd"'),
    line.replace(/"[^"]*"/, '"/dev/zero"'),
    line.replace(/"[^"]*"/, `"${fixture.main}"`),
    line.replace(/"[^"]*"/, '""'),
    line.replace(
      /SPARSE|FLAT|ZERO/,
      ["SPARSE", "FLAT", "ZERO", "VMFS", "SESPARSE", "\u0001"][Math.floor(random() * 6)] ?? "",
    ),
    "",
    `${line}\n${line}`,
    `${line}${"x".repeat(Math.floor(random() * 3000))}`,
    "parentCID=00000001",
    'parentFileNameHint="../../../etc/shadow"',
    `RW ${big} ZERO`,
    Array.from({ length: 5000 }, () => "RW 1 ZERO").join("\n"),
    `encoding="${["UTF-16LE", "GBK", "no-such", "x".repeat(50)][Math.floor(random() * 4)]}"`,
    " ".repeat(20_000),
    '"'.repeat(2000),
  ];
  lines[at] = replacements[Math.floor(random() * replacements.length)] ?? "";
  const changed = Buffer.from(lines.join("\n"), "latin1");
  if (start === 0)
    return { fixture: withFile(fixture, fixture.main, new Uint8Array(changed)), what: shown(at, lines[at]) };
  // An embedded descriptor keeps its place; what does not fit is cut off.
  const out = new Uint8Array(bytes);
  out.fill(0, start, end);
  out.set(changed.subarray(0, Math.min(20 * 512, out.length - start)), start);
  return { fixture: withFile(fixture, fixture.main, out), what: shown(at, lines[at]) };
}

function shown(at: number, line: string | undefined): string {
  return `line ${at} := ${JSON.stringify(line?.slice(0, 80))}`;
}

/**
 * Opens, walks, reads and checks a mutated image.
 * @returns what is wrong with the format's behaviour, in words, or null
 */
export async function judge({ fixture }: FuzzCase): Promise<string | null> {
  const read = await judgeOne(fixture, async (access) => {
    const reader = await openFiles(fixture, access);
    try {
      return await exercise(reader);
    } finally {
      await reader.close();
    }
  });
  if (read !== null) return read;
  const checked = await judgeOne(fixture, (access) => checkAll(fixture, access));
  return checked === null ? null : `check: ${checked}`;
}

/** Checks an image until it ends, enough was found, or somebody loses patience. */
async function checkAll(fixture: Fixture, access: Access): Promise<string | null> {
  const begun = performance.now();
  let found = 0;
  const gate = async () => {
    if (performance.now() - begun > FUZZ_LIMITS.checkMilliseconds) throw new AppError("job.canceled");
  };
  try {
    for await (const { message, structure, offsetBytes } of checkFiles(fixture, access, gate)) {
      await gate();
      const told = `a finding of ${JSON.stringify(structure)}, at ${offsetBytes}: ${message.slice(0, 200)}`;
      if (structure === "" || message === "" || message.length > 2000) return told;
      if (offsetBytes !== null && !(Number.isSafeInteger(offsetBytes) && offsetBytes >= 0)) return told;
      if (++found >= FUZZ_LIMITS.findings) break;
    }
  } catch (error) {
    if (!(error instanceof AppError && error.code === "job.canceled")) throw error;
  }
  return null;
}

/** What this thread has worked, in ms. */
function workedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

async function judgeOne(fixture: Fixture, act: (access: Access) => Promise<string | null>): Promise<string | null> {
  const access = newAccess();
  const before = process.memoryUsage();
  const begun = workedMs();
  let complaint: string | null = null;
  try {
    complaint = await act(access);
  } catch (error) {
    if (!(error instanceof AppError)) complaint = `${error instanceof Error ? error.stack : String(error)}`;
    else if (!/^(disk|path)\./.test(error.code)) complaint = `unexpected code ${error.code}: ${error.message}`;
    else if (error.message.length > 2000) complaint = `a message of ${error.message.length} characters`;
  }
  const tookMs = workedMs() - begun;
  const after = process.memoryUsage();
  const grewBytes = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  if (complaint) return complaint;
  if (tookMs > FUZZ_LIMITS.milliseconds) return `took ${Math.round(tookMs)} ms`;
  if (grewBytes > FUZZ_LIMITS.memoryBytes) return `took ${Math.round(grewBytes / 2 ** 20)} MiB`;
  if (access.open !== 0) return `left ${access.open} extent files open`;
  if (access.asked.length === 0) return null;
  // Names with other than plain characters depend on the encoding, which may be a lie too.
  const main = Buffer.from(fixture.files.get(fixture.main) ?? []).toString("latin1");
  const invented = access.asked.find((name) => /^[\x20-\x7e]*$/.test(name) && !main.includes(name));
  return invented === undefined ? null : `asked for ${JSON.stringify(invented)}, which the image does not name`;
}

/** Walks extents and reads here and there. */
async function exercise(reader: DiskReader): Promise<string | null> {
  const { virtualSizeBytes } = reader;
  if (!Number.isSafeInteger(virtualSizeBytes) || virtualSizeBytes <= 0) return `a disk of ${virtualSizeBytes} bytes`;
  let at = 0;
  let seen = 0;
  const walked = Math.min(virtualSizeBytes, FUZZ_LIMITS.walkedBytes);
  for await (const extent of reader.extents(0, walked)) {
    if (extent.start !== at || extent.length <= 0)
      return `extent ${extent.start} +${extent.length} where ${at} was due`;
    at += extent.length;
    if (++seen >= FUZZ_LIMITS.extents) break;
  }
  if (seen < FUZZ_LIMITS.extents && at !== walked) return `extents end at ${at} of ${walked}`;
  const piece = Math.min(virtualSizeBytes, 70_000);
  const into = new Uint8Array(piece);
  const steps = [0, 0.1, 0.25, 0.5, 0.9, 1];
  for (const step of steps) await reader.read(Math.floor((virtualSizeBytes - piece) * step), into);
  return null;
}

function readField(fixture: Fixture, field: FixtureField): bigint {
  const bytes = fixture.files.get(field.file) ?? new Uint8Array(0);
  let value = 0n;
  for (let i = 0; i < field.sizeBytes; i++) {
    const index = field.endian === "big" ? i : field.sizeBytes - 1 - i;
    value = value * 256n + BigInt(bytes[field.offset + index] ?? 0);
  }
  return value;
}

function writeField(fixture: Fixture, field: FixtureField, value: bigint): Fixture {
  const bytes = new Uint8Array(fixture.files.get(field.file) ?? []);
  let rest = BigInt.asUintN(field.sizeBytes * 8, value);
  for (let i = 0; i < field.sizeBytes; i++) {
    const index = field.offset + (field.endian === "big" ? field.sizeBytes - 1 - i : i);
    if (index < bytes.length) bytes[index] = Number(rest % 256n);
    rest /= 256n;
  }
  return withFile(fixture, field.file, bytes);
}

/** One lie of a named fixture: a field's value, and how long the file pretends to be. For findings that must stay fixed. */
export function lie(fixtureName: string, fieldName: string, value: bigint, apparentBytes?: number): FuzzCase {
  const fixture = sound.find((one) => one.name === fixtureName) ?? raise(`no fixture ${fixtureName}`);
  const field = fixture.fields.find((one) => one.name === fieldName) ?? raise(`no field ${fieldName}`);
  const lying = writeField(fixture, field, value);
  const grown = apparentBytes === undefined ? {} : { apparentSizes: new Map([[field.file, apparentBytes]]) };
  return { fixture: { ...lying, ...grown }, mutations: [`${fieldName} := ${value}`] };
}

function raise(message: string): never {
  throw new Error(message);
}

/** The fixture with another number in the first field of that name. */
export function withField(fixture: Fixture, fieldName: string, value: bigint): Fixture {
  return writeField(
    fixture,
    fixture.fields.find(({ name }) => name === fieldName) ?? raise(`no field ${fieldName}`),
    value,
  );
}

/** Every field set to each lying value once, for small exhaustive runs. */
export function* everyField(values: readonly bigint[]): Iterable<FuzzCase> {
  for (const fixture of sound) {
    for (const field of fixture.fields) {
      const stored = readField(fixture, field);
      for (const value of [...values, stored + 1n, stored - 1n]) {
        const lying = writeField(fixture, field, value);
        const mutations = [`${fixture.name}: ${field.name} := ${value}`];
        yield { fixture: lying, mutations };
        if (fixture.resealed) yield { fixture: sealAgain(lying), mutations: [...mutations, "resealed"] };
      }
    }
  }
}
