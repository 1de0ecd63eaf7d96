/** Reads a request's body: bounded in size however it is sent, then parsed as JSON. */
import type { IncomingMessage } from "node:http";
import { AppError } from "../../src-core/model/error.ts";

/** Bodies up to this many times the limit are read to their end before they are refused. */
const PATIENCE = 8;

/**
 * The parsed body; undefined where there is none. A body somewhat too large is read off and forgotten, so that its sender gets
 * to see the answer; one beyond that is cut.
 * @throws AppError request.too-large, request.invalid where it is not JSON
 */
export async function readJsonBody(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const tooLarge = () => new AppError("request.too-large", `A request body may have ${maxBytes} bytes.`);
  const patience = maxBytes * PATIENCE;
  if (Number(request.headers["content-length"] ?? 0) > patience) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  // Without destroyOnReturn a refusal would cut the connection before the answer is out.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > patience) throw tooLarge();
    if (size <= maxBytes) chunks.push(bytes);
    else chunks.length = 0;
  }
  if (size > maxBytes) throw tooLarge();
  if (size === 0) return undefined;
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks)));
  } catch (cause) {
    throw new AppError("request.invalid", "The body is not JSON.", { cause });
  }
}
