/**
 * Sends a notice as a POST with a JSON body, signed where the channel has a key. Redirects are not followed, and of the answer only the
 * beginning is read: it goes into the error where the receiver refuses.
 */
import { Agent, request } from "undici";
import { type Parcel, sendingFailed } from "./parcel.ts";
import { trustedRoots } from "./roots.ts";
import { signatureOf, signingKey } from "./signature.ts";

const TIMEOUT_MS = 15_000;
const ANSWER_BYTES = 2_048;
const SHOWN_CHARACTERS = 200;

/**
 * @param secret the signing key's text; null: unsigned
 * @param nowMs milliseconds since 1970, for webhook-timestamp
 * @throws AppError notice.failed, channel.invalid
 */
export async function sendWebhook(
  url: string,
  secret: string | null,
  parcel: Parcel,
  nowMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { id, event, at, message } = parcel;
  const { title, body: text, data } = message;
  const body = JSON.stringify({
    type: event === "test" ? "test" : `schedule.${event}`,
    timestamp: at,
    data: { title, text, ...data },
  });
  const timestamp = Math.floor(nowMs / 1000);
  const headers: Record<string, string> = {
    "content-type": "application/json",
    "user-agent": "HyperSDK-Desktop",
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
  };
  if (secret !== null) headers["webhook-signature"] = signatureOf(signingKey(secret), id, timestamp, body);
  // The address may hold a token of its own: only its beginning is told.
  const where = new URL(url).origin;
  const agent = new Agent({ connect: { ca: trustedRoots(), timeout: TIMEOUT_MS, minVersion: "TLSv1.2" } });
  const patience = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const answer = await request(url, {
      method: "POST",
      headers,
      body,
      dispatcher: agent,
      signal: AbortSignal.any([signal, patience]),
    });
    const beginning = await beginningOf(answer.body);
    const { statusCode } = answer;
    if (statusCode >= 200 && statusCode < 300) return;
    const what =
      statusCode >= 300 && statusCode < 400
        ? `the receiver answered ${statusCode}, a redirect; those are not followed: enter the address it leads to`
        : `the receiver answered ${statusCode}${beginning === "" ? "" : `: ${beginning}`}`;
    throw sendingFailed(where, what, secret);
  } catch (thrown) {
    if (thrown instanceof Error && thrown.name === "AppError") throw thrown;
    if (patience.aborted) throw sendingFailed(where, `no answer within ${TIMEOUT_MS / 1000} seconds`, secret);
    throw sendingFailed(where, wordsOf(thrown), secret);
  } finally {
    await agent.destroy();
  }
}

/** Reads no further than is shown. */
async function beginningOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    parts.push(part);
    bytes += part.length;
    if (bytes >= ANSWER_BYTES) break;
  }
  return Buffer.concat(parts).subarray(0, ANSWER_BYTES).toString("utf8").slice(0, SHOWN_CHARACTERS);
}

function wordsOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  // Several addresses were tried: the message is then empty.
  const first = thrown instanceof AggregateError && thrown.errors[0] instanceof Error ? thrown.errors[0] : thrown;
  return first.message || first.name;
}
