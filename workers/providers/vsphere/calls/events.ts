/** Calls of EventManager: the server's diary. */

import type { SourceEvent } from "../../../../src-core/model/inventory.ts";
import { clip, INVENTORY_TEXT } from "../../../../src-core/model/inventory-limits.ts";
import type { Session } from "../session.ts";
import { childrenOf, instantAt, needRef, type Ref, refAt, sizeAt, textAt } from "../soap/read-value.ts";
import { element, value } from "../soap/write-request.ts";
import type { XmlNode } from "../soap/xml-node.ts";

export interface NumberedEvent extends SourceEvent {
  /** Grows with every event. */
  readonly key: number;
}

/** @param since ISO instant, by the server's clock */
export async function createEventCollector(
  session: Session,
  manager: Ref,
  since: string,
  signal: AbortSignal,
): Promise<Ref> {
  const content = [element("filter", [element("time", [value("beginTime", since)])])];
  const answer = await session.call(
    { method: "CreateCollectorForEvents", target: manager, content, reads: false },
    signal,
  );
  return needRef(answer, "returnval");
}

/** The next ones, the oldest first; none = no more at present. */
export async function readNextEvents(
  session: Session,
  collector: Ref,
  most: number,
  signal: AbortSignal,
): Promise<NumberedEvent[]> {
  const content = [value("maxCount", most)];
  const answer = await session.call({ method: "ReadNextEvents", target: collector, content, reads: false }, signal);
  return childrenOf(answer, "returnval").flatMap((event) => {
    const [key, at] = [sizeAt(event, "key"), instantAt(event, "createdTime")];
    if (key === null || at === null) return [];
    const type = event.xsiType ?? "Event";
    const message = clip(textAt(event, "fullFormattedMessage") || type, INVENTORY_TEXT.message);
    return [{ key, at, severity: severityOf(event, type), machineId: refAt(event, "vm", "vm")?.id ?? null, message }];
  });
}

/** EventEx tells it, an alarm by its colour, others by the name of their type. */
function severityOf(event: XmlNode, type: string): SourceEvent["severity"] {
  const told = textAt(event, "severity");
  if (told === "error" || told === "warning" || told === "info") return told;
  const colour = textAt(event, "to");
  if (colour === "red") return "error";
  if (colour === "yellow") return "warning";
  if (/(Failed|Failure|Error|Lost|CannotConnect|NotResponding|BadUsername)/.test(type)) return "error";
  return /(Warning|Disconnected|Conflict|Duplicate|Expired|Exceeded|Missing)/.test(type) ? "warning" : "info";
}
