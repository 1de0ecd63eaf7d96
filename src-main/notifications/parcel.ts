/** What the means of sending are handed, and how they fail. */
import { AppError } from "../../src-core/model/error.ts";
import type { NoticeEvent, NoticeMessage } from "../../src-core/model/notification.ts";

export interface Parcel {
  /** The same however often it is tried: receivers know by it what they have already. */
  readonly id: string;
  readonly event: NoticeEvent;
  /** When it happened. */
  readonly at: string;
  readonly message: NoticeMessage;
}

const LONGEST_TEXT = 600;

/** What went wrong, in one line of bounded length that holds no secret, whatever the other end answered. */
export function sendingFailed(where: string, what: string, secret: string | null): AppError {
  const hidden = secret === null || secret === "" ? what : what.replaceAll(secret, "•••");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what servers answer may hold any
  const line = hidden.replaceAll(/[\u0000-\u001f\u007f\s]+/g, " ").trim();
  const text = line.length > LONGEST_TEXT ? `${line.slice(0, LONGEST_TEXT - 1)}…` : line;
  return new AppError("notice.failed", `${where}: ${text}`);
}
