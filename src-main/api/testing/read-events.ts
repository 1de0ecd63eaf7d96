/** Reads an answer of server-sent events as the standard describes it. */
import { withEventMeta } from "@orpc/client";

export async function* readEvents(response: Response) {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const fields = new Map<string, string>();
      for (const line of text.slice(0, end).split("\n")) {
        const at = line.indexOf(": ");
        if (at > 0) fields.set(line.slice(0, at), line.slice(at + 2));
      }
      text = text.slice(end + 2);
      const data = fields.get("data");
      if (data === undefined) continue; // A comment that keeps the connection open.
      const id = fields.get("id");
      const event = JSON.parse(data);
      yield id === undefined ? event : withEventMeta(event, { id });
    }
  }
}
