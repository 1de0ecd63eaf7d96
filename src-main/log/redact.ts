/** Keeps secrets out of the log: whatever is logged passes through here, at any depth. */

const SECRET_KEY = /(authorization|cookie|password|passphrase|secret|token)s?$/i;
/** Error codes are worth logging; one-time sign-in codes are not. Both sit under the key `code`. */
const ERROR_CODE = /^([a-z]+(\.[a-z-]+)+|E[A-Z0-9_]+|SQLITE_[A-Z_]+)$/;
const SECRET_TEXT: readonly [RegExp, string][] = [
  [/\b(bearer)\s+[^\s"']+/gi, "$1 [hidden]"],
  [/((?:^|[#?&;\s])(?:code|token|password|secret)=)[^\s"'&;]+/gi, "$1[hidden]"],
];
const HIDDEN = "[hidden]";
/** Deeper than any object of ours; what lies below is left out rather than looked through. */
const MAX_DEPTH = 8;

/** A text without bearer tokens and secret query or fragment parts. */
export function redactText(text: string): string {
  return SECRET_TEXT.reduce((clean, [pattern, by]) => clean.replace(pattern, by), text);
}

/** A copy of `value` without secrets. Errors become plain objects with message, stack, cause and own fields. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return redactText(value);
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "[too deep]";
  if (Array.isArray(value)) return value.map((entry) => redact(entry, depth + 1));
  if (value instanceof Date) return value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  const fields: [string, unknown][] = Object.entries(value);
  if (value instanceof Error) {
    fields.unshift(["message", value.message], ["stack", value.stack]);
    if (value.cause !== undefined) fields.push(["cause", value.cause]);
  }
  return Object.fromEntries(
    fields.map(([key, entry]) => [key, isSecret(key, entry) ? HIDDEN : redact(entry, depth + 1)]),
  );
}

function isSecret(key: string, value: unknown): boolean {
  if (value === null || value === undefined) return false;
  if (key.toLowerCase() === "code") return typeof value === "string" && !ERROR_CODE.test(value);
  return SECRET_KEY.test(key);
}
