/** Random secrets and how they are compared: tokens, one-time codes, session cookies. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** 32 random bytes as base64url: 43 characters. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** SHA-256, hex: what is kept of a secret. Secrets have 256 random bits, so no salt or slow hash is needed. */
export function secretHash(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/**
 * The entry whose hash is that of `secret`. Compares with every entry in constant time, so that the time taken tells neither
 * how much of a hash was right nor which entry it was.
 */
export function findBySecret<T extends { readonly hash: string }>(entries: Iterable<T>, secret: string): T | null {
  const wanted = Buffer.from(secretHash(secret), "hex");
  let found: T | null = null;
  for (const entry of entries) {
    const hash = Buffer.from(entry.hash, "hex");
    if (hash.length === wanted.length && timingSafeEqual(hash, wanted)) found = entry;
  }
  return found;
}
