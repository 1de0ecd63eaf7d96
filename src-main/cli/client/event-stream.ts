/** Reads a stream of server-sent events (HTML Living Standard §9.2.6), however its bytes are cut into chunks. */

export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
  /** Last id seen up to this event; null before the first. */
  readonly id: string | null;
}

/** An event of more characters than this is no event of ours. */
const MAX_EVENT_CHARS = 8 * 1024 * 1024;

/** Events in order; the one cut off by the stream's end is dropped, as the standard says. @throws RangeError for an endless one */
export async function* parseEventStream(chunks: AsyncIterable<string>): AsyncGenerator<ServerSentEvent> {
  let rest = "";
  let event = "message";
  let data: string[] = [];
  let dataChars = 0;
  let id: string | null = null;
  for await (const chunk of chunks) {
    rest += chunk;
    if (rest.length + dataChars > MAX_EVENT_CHARS) throw new RangeError("A server-sent event is too long.");
    // A lone CR at the chunk's end may be half of CRLF: it waits for the next chunk.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) yield { event, data: data.join("\n"), id };
        event = "message";
        data = [];
        dataChars = 0;
        continue;
      }
      const colon = line.indexOf(":");
      if (colon === 0) continue;
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "event") event = value;
      else if (field === "data") {
        data.push(value);
        dataChars += value.length;
      } else if (field === "id" && !value.includes("\0")) id = value;
    }
  }
}
