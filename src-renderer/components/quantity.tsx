/** Figures that show themselves rounded and tell the exact value on hover and to screen readers. */
import { exactBytes, formatBytes } from "../format/bytes.ts";
import { formatAbsolute, formatRelative } from "../format/date.ts";
import { classNames } from "./class-names.ts";

export function BytesText({ bytes, className }: { bytes: number; className?: string }) {
  return (
    <data value={bytes} title={exactBytes(bytes)} className={classNames("whitespace-nowrap", className)}>
      {formatBytes(bytes)}
    </data>
  );
}

/** `nowMs` since the epoch: pass one clock to all instants of a page. */
export function TimeText({ iso, nowMs, className }: { iso: string; nowMs: number; className?: string }) {
  return (
    <time dateTime={iso} title={formatAbsolute(iso)} className={classNames("whitespace-nowrap", className)}>
      {formatRelative(iso, nowMs)}
    </time>
  );
}
