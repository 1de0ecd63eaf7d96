import { expect, test } from "vitest";
import { MAX_MANIFEST_BYTES, packageManifest, parsePackageManifest } from "./package-manifest.ts";

const parse = (text: string) => parsePackageManifest("a.mf", Buffer.from(text, "utf8"));
const sha1 = "0123456789abcdef0123456789abcdef01234567";
const sha256 = "ab".repeat(32);
const sha512 = "CD".repeat(64);

test("every algorithm, blanks, empty lines, Windows line ends, odd names", () => {
  const text = `SHA1(a.ovf)= ${sha1}\r\n\r\nSHA256 (disk one (2).vmdk) = ${sha256}\nsha-512(ü)=${sha512}\n`;
  expect(parse(text)).toEqual([
    { algorithm: "sha1", name: "a.ovf", digest: sha1 },
    { algorithm: "sha256", name: "disk one (2).vmdk", digest: sha256 },
    { algorithm: "sha512", name: "ü", digest: sha512.toLowerCase() },
  ]);
  expect(parse("")).toEqual([]);
});

test.each([
  ["a line of something else", `SHA1(a)= ${sha1}\nhello`, /line 2: not a line/],
  ["an algorithm nobody knows", `MD5(a)= ${"00".repeat(16)}`, /line 1: the digest MD5/],
  ["a digest too short", `SHA256(a)= ${sha1}`, /64 hex digits, not 40/],
  ["no name", `SHA1()= ${sha1}`, /not a line/],
  ["a file twice", `SHA1(a)= ${sha1}\nSHA256(a)= ${sha256}`, /line 2: "a" is listed twice/],
  ["lines without end", "\n".repeat(20_001), /more than 20000 lines/],
])("%s is refused", (_, text, message) => {
  expect(() => parse(text)).toThrow(message);
});

test("a file beyond the cap is refused unparsed", () => {
  expect(() => parsePackageManifest("a.mf", Buffer.alloc(MAX_MANIFEST_BYTES + 1))).toThrow(/larger than/);
});

test.each([
  ["sha1", "SHA1", 40],
  ["sha256", "SHA256", 64],
  ["sha512", "SHA512", 128],
] as const)("what is written by %s is read again", (algorithm, word, digits) => {
  const files = [
    { name: "app.ovf", manifestSum: "a".repeat(digits) },
    { name: "app-disk1.vmdk", manifestSum: "0".repeat(digits) },
  ];
  const text = packageManifest(algorithm, files);
  expect(text.split("\n")).toEqual([
    `${word}(app.ovf)= ${"a".repeat(digits)}`,
    `${word}(app-disk1.vmdk)= ${"0".repeat(digits)}`,
    "",
  ]);
  expect(parsePackageManifest("app.mf", Buffer.from(text))).toEqual(
    files.map(({ name, manifestSum }) => ({ algorithm, name, digest: manifestSum })),
  );
});
