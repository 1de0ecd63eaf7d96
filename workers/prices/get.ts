/** Reads price lists over HTTPS (tests: http to this computer), bounded in size and time, following no redirect to another host. */
import { AppError } from "../../src-core/model/error.ts";

const HEADERS_MS = 30_000;
/** Between two pieces of an answer. */
const SILENCE_MS = 60_000;

/** The answer's text piece by piece. @throws AppError book.invalid, source.unreachable, job.canceled */
export async function* textOf(url: string, maxBytes: number, signal: AbortSignal): AsyncGenerator<string> {
  const host = new URL(url).host;
  const silence = new AbortController();
  const quiet = () => silence.abort();
  let timer = setTimeout(quiet, HEADERS_MS);
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, silence.signal]), redirect: "error" });
    if (!response.ok || response.body === null) {
      const { status } = response;
      throw new AppError("source.unreachable", `${host} answered with status ${status}.`, { details: { status } });
    }
    let bytes = 0;
    const decoder = new TextDecoder("utf-8", { fatal: true });
    for await (const chunk of response.body) {
      clearTimeout(timer);
      timer = setTimeout(quiet, SILENCE_MS);
      bytes += chunk.length;
      if (bytes > maxBytes)
        throw new AppError("book.invalid", `The answer of ${host} is larger than ${maxBytes} bytes.`);
      yield decoder.decode(chunk, { stream: true });
    }
    yield decoder.decode();
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    if (signal.aborted) throw new AppError("job.canceled");
    const why = silence.signal.aborted ? "it went silent" : reason(thrown);
    throw new AppError("source.unreachable", `The price list at ${host} cannot be read: ${why}.`, { cause: thrown });
  } finally {
    clearTimeout(timer);
  }
}

/** All of it. @throws AppError as {@link textOf} */
export async function wholeText(url: string, maxBytes: number, signal: AbortSignal): Promise<string> {
  const parts: string[] = [];
  for await (const part of textOf(url, maxBytes, signal)) parts.push(part);
  return parts.join("");
}

function reason(thrown: unknown): string {
  const inner = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  return inner instanceof Error ? inner.message : String(inner);
}
