import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseEventStream, type ServerSentEvent } from "./event-stream.ts";

async function* inPieces(pieces: readonly string[]) {
  yield* pieces;
}

async function parse(pieces: readonly string[]): Promise<ServerSentEvent[]> {
  const events: ServerSentEvent[] = [];
  for await (const event of parseEventStream(inPieces(pieces))) events.push(event);
  return events;
}

/** All there is to tell apart: fields, comments, ids that stay, the three line ends, an event that is cut off. */
const STREAM = [
  ": keep-alive\n\n",
  'event: message\nid: 7\ndata: {"a":1}\n\n',
  "data:no space\r\ndata:  two\r\n\r\n",
  "id\revent: done\rdata\r\r",
  "event: nothing\n\n",
  "retry: 5\nunknown: x\ndata: a: b\nid: 9\n\n",
  "data: cut off\n",
].join("");

const EVENTS: ServerSentEvent[] = [
  { event: "message", data: '{"a":1}', id: "7" },
  { event: "message", data: "no space\n two", id: "7" },
  { event: "done", data: "", id: "" },
  { event: "message", data: "a: b", id: "9" },
];

describe("parseEventStream", () => {
  it("reads events by the standard", async () => {
    expect(await parse([STREAM])).toEqual(EVENTS);
  });

  it("reads the same however the stream is cut", async () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 0, max: STREAM.length }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(cuts, async (at) => {
        const sorted = [0, ...at.toSorted((a, b) => a - b), STREAM.length];
        const pieces = sorted.slice(1).map((end, index) => STREAM.slice(sorted[index], end));
        expect(await parse(pieces)).toEqual(EVENTS);
      }),
      { numRuns: 300, seed: 20261122 },
    );
  });

  it("gives up on an event that never ends", async () => {
    const piece = "x".repeat(1024 * 1024);
    await expect(parse(["data: ", ...Array<string>(9).fill(piece)])).rejects.toThrow(RangeError);
    await expect(parse(Array<string>(9).fill(`data: ${piece}\n`))).rejects.toThrow(RangeError);
  });
});
