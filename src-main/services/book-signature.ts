/**
 * Ed25519 signatures of price books: over the bytes of the file, kept beside it as `NAME.sig`. Two keys are pinned, so that one can
 * be given up; their private halves are with the maintainers (scripts/sign-prices.ts).
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { z } from "zod";
import { parseDocument } from "../../src-core/cost/document.ts";
import { AppError } from "../../src-core/model/error.ts";

/** By name: SubjectPublicKeyInfo (DER) in base64. */
export const PRICE_KEYS: Readonly<Record<string, string>> = {
  "2026-1": "MCowBQYDK2VwAyEAlQBnQT/ZPKDmD9LuE9ODOpD9JVcdrpx15yTKq8XdqhQ=",
  "2026-2": "MCowBQYDK2VwAyEApbkVytsC5tAT5iw1rCSiH4zlqQmHZMlezq1Z5qxW648=",
};

const SignatureFile = z.object({
  algorithm: z.literal("Ed25519"),
  /** Name of the key. */
  key: z.string().max(40),
  /** Base64 of 64 bytes. */
  signature: z.string().regex(/^[A-Za-z0-9+/]{86}==$/, "64 bytes in base64"),
});

/** @returns the name of the key. @throws AppError book.signature */
export function checkSignature(
  bytes: Uint8Array,
  signatureText: string,
  name: string,
  keys: Readonly<Record<string, string>> = PRICE_KEYS,
): string {
  const { key, signature } = parseDocument(SignatureFile, signatureText, `The signature of ${name}`, "book.signature");
  const pinned = Object.hasOwn(keys, key) ? keys[key] : undefined;
  if (pinned === undefined) {
    throw new AppError("book.signature", `${name} is signed with the key "${key}", which this program does not know.`);
  }
  const publicKey = createPublicKey({ key: Buffer.from(pinned, "base64"), format: "der", type: "spki" });
  if (!verify(null, bytes, publicKey, Buffer.from(signature, "base64"))) {
    throw new AppError("book.signature", `The signature of ${name} (key "${key}") does not fit its bytes.`);
  }
  return key;
}

/** The text of a signature file. `privateKeyPem`: PKCS #8, of the pinned key called `key`. @throws AppError usage.invalid for another key */
export function signatureOf(
  bytes: Uint8Array,
  privateKeyPem: string,
  key: string,
  keys: Readonly<Record<string, string>> = PRICE_KEYS,
): string {
  const privateKey = createPrivateKey(privateKeyPem);
  if (privateKey.asymmetricKeyType !== "ed25519") throw new AppError("usage.invalid", "It is no Ed25519 key.");
  if (publicHalf(privateKey) !== keys[key]) {
    throw new AppError("usage.invalid", `It is not the private half of the pinned key "${key}".`);
  }
  const signature = sign(null, bytes, privateKey).toString("base64");
  return `${JSON.stringify({ algorithm: "Ed25519", key, signature })}\n`;
}

function publicHalf(privateKey: KeyObject): string {
  return createPublicKey(privateKey).export({ type: "spki", format: "der" }).toString("base64");
}
