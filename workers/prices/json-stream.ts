/**
 * Parts of a huge JSON document, one after the other, in little memory: bulk price files have hundreds of MB, of which a few hundred
 * objects matter. Only the parts asked for are kept and parsed (by JSON.parse); the rest is walked over.
 */
import { AppError } from "../../src-core/model/error.ts";

const MAX_PART = 1 << 20;
const MAX_KEY = 4096;
const MAX_DEPTH = 64;

/** A part of the document and the names of the members it lies in. Elements of arrays have no name ("[]"). */
export interface JsonPart {
  readonly path: readonly string[];
  readonly value: unknown;
}

interface Level {
  readonly isArray: boolean;
  key: string;
  wantsKey: boolean;
}

/** @throws AppError book.invalid with the offset where it is no JSON, ends early or a part is too large */
export async function* jsonParts(
  chunks: AsyncIterable<string>,
  name: string,
  wanted: (path: readonly string[]) => boolean,
): AsyncGenerator<JsonPart> {
  const levels: Level[] = [];
  let captured: string | null = null;
  let capturedAt = 0;
  let partPath: string[] = [];
  let text: string | null = null;
  let inString = false;
  let escaped = false;
  let offset = 0;
  let begun = false;
  const bad = (what: string, at: number) =>
    new AppError("book.invalid", `${name} is not the JSON it should be: ${what} at offset ${at}.`, {
      details: { offset: at },
    });
  const pathNow = () => levels.map(({ isArray, key }) => (isArray ? "[]" : key));

  for await (const chunk of chunks) {
    let from = captured === null ? -1 : 0;
    let i = 0;
    while (i < chunk.length) {
      const char = chunk.charCodeAt(i);
      if (inString) {
        // Strings are most of the text: on to what ends or escapes them.
        if (escaped) escaped = false;
        else if (char === BACKSLASH) escaped = true;
        else if (char === QUOTE) inString = false;
        if (text !== null) {
          text += chunk[i];
          if (text.length > MAX_KEY) throw bad("a name is too long", offset + i);
          if (!inString) {
            const level = levels.at(-1);
            if (level !== undefined) {
              level.key = JSON.parse(text) as string;
              level.wantsKey = false;
            }
            text = null;
          }
        }
        i++;
        continue;
      }
      const level = levels.at(-1);
      if (char === QUOTE) {
        if (!begun) throw bad("a document that is no object", offset + i);
        inString = true;
        if (captured === null && level?.wantsKey) text = '"';
      } else if (char === OPEN_OBJECT || char === OPEN_ARRAY) {
        begun = true;
        if (levels.length >= MAX_DEPTH) throw bad("too deep", offset + i);
        if (captured === null && levels.length > 0 && wanted(pathNow())) {
          captured = "";
          capturedAt = levels.length;
          partPath = pathNow();
          from = i;
        }
        levels.push({ isArray: char === OPEN_ARRAY, key: "", wantsKey: char === OPEN_OBJECT });
      } else if (char === CLOSE_OBJECT || char === CLOSE_ARRAY) {
        if (levels.pop()?.isArray !== (char === CLOSE_ARRAY)) throw bad("brackets that do not fit", offset + i);
        if (captured !== null && levels.length === capturedAt) {
          captured += chunk.slice(from, i + 1);
          yield { path: partPath, value: parsed(captured, () => bad("a part that cannot be read", offset + i)) };
          captured = null;
          from = -1;
        }
      } else if (char === COMMA) {
        if (level !== undefined && !level.isArray) level.wantsKey = true;
      } else if (!begun && char > 32 && char !== BYTE_ORDER_MARK) {
        throw bad(char === LESS_THAN ? "a web page" : "no object", offset + i);
      }
      i++;
    }
    if (captured !== null) {
      captured += chunk.slice(from);
      if (captured.length > MAX_PART) throw bad("a part is too large", offset);
    }
    offset += chunk.length;
  }
  if (!begun || levels.length > 0) throw bad("the end comes too early", offset);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const LESS_THAN = 0x3c;
const BYTE_ORDER_MARK = 0xfeff;

function parsed(text: string, error: () => AppError): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw error();
  }
}
