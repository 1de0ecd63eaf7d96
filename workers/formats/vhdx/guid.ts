/** GUIDs as VHDX stores them: three little-endian numbers, then eight bytes in order. As text: lower case, without braces. */
import type { Field } from "../../binary/field-table.ts";

export const NO_GUID = "00000000-0000-0000-0000-000000000000";

/** Places of the 16 stored bytes in the order in which the text shows them. */
const TEXT_ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15] as const;

/** A GUID field of a structure. */
export const guid = (): Field<string> => ({
  sizeBytes: 16,
  kept: true,
  get: (view, at) => ({ value: textOf(new Uint8Array(view.buffer, view.byteOffset + at, 16)) }),
  put: (view, at, _, value) => {
    const digits = Buffer.from(value.replaceAll("-", ""), "hex");
    if (digits.length !== 16) throw new RangeError(`"${value}" is no GUID`);
    for (const [place, stored] of TEXT_ORDER.entries()) view.setUint8(at + stored, digits[place] ?? 0);
  },
});

/** 16 stored bytes as text. */
export function textOf(stored: Uint8Array): string {
  const hex = Buffer.from(TEXT_ORDER.map((place) => stored[place] ?? 0)).toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** Text as other programs write it, with or without braces; null when it is no GUID. */
export function parseGuid(text: string): string | null {
  const match = /^\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?$/i.exec(text.trim());
  return match?.[1]?.toLowerCase() ?? null;
}
