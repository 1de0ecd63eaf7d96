/** Signs the calls of webhooks as the Standard Webhooks specification says (standardwebhooks.com), version v1: HMAC-SHA256. */
import { createHmac } from "node:crypto";
import { AppError } from "../../src-core/model/error.ts";

const PREFIX = "whsec_";
const FEWEST_BYTES = 24;
const MOST_BYTES = 64;

/**
 * The key of a secret: "whsec_" (which may be left out) and 24 to 64 bytes as base64.
 * @throws AppError channel.invalid
 */
export function signingKey(secret: string): Buffer {
  const text = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
  const key = Buffer.from(text, "base64");
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(text) && key.toString("base64") === text;
  if (!isBase64 || key.length < FEWEST_BYTES || key.length > MOST_BYTES) {
    throw new AppError(
      "channel.invalid",
      `secret: a signing key is ${PREFIX} and ${FEWEST_BYTES} to ${MOST_BYTES} bytes as base64.`,
      {
        hint: "Let the form make one, or take the one that the receiver shows.",
        details: { field: "secret" },
      },
    );
  }
  return key;
}

/** The header webhook-signature. @param timestamp seconds since 1970, as in webhook-timestamp */
export function signatureOf(key: Buffer, id: string, timestamp: number, body: string): string {
  return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
}
