import { Link } from "@tanstack/react-router";
import { CornerDownRight, Unlink } from "lucide-react";
import type { DiskInfo } from "../../../src-core/model/disk.ts";
import { Panel } from "../../components/panel.tsx";
import { PathText } from "../../components/path-text.tsx";
import { BytesText } from "../../components/quantity.tsx";
import { Tag } from "../../components/tag.tsx";

/** What the disk stands on, nearest parent first; a parent that was not found is named with the reason. */
export function ChainPanel({ disk }: { disk: DiskInfo }) {
  const missing = disk.backing?.problem ?? null;
  if (disk.chain.length === 0 && disk.backing === null)
    return (
      <Panel title="Chain">
        <p className="text-ink-2">This disk stands alone: it needs no parent.</p>
      </Panel>
    );
  return (
    <Panel title="Chain" note="nearest parent first" padded={false}>
      <ol>
        {disk.chain.map((link, depth) => (
          <li
            key={link.path}
            className="flex items-center gap-2 border-t border-line/60 py-1.5 pr-3.5 first:border-t-0"
            style={{ paddingLeft: 14 + Math.min(depth, 8) * 14 }}
          >
            <CornerDownRight aria-hidden className="size-3.5 shrink-0 text-ink-3" />
            <Link to="/disk" search={{ path: link.path }} className="min-w-0 flex-1 hover:underline">
              <PathText path={link.path} />
            </Link>
            <Tag>{link.format}</Tag>
            <BytesText bytes={link.virtualSizeBytes} className="shrink-0 text-xs text-ink-2" />
          </li>
        ))}
        {missing === null ? null : (
          <li className="flex items-start gap-2 border-t border-line/60 px-3.5 py-2 first:border-t-0">
            <Unlink aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />
            <span className="min-w-0 break-words">
              <span className="font-mono text-xs">{disk.backing?.name}</span>
              <span className="block text-bad">{missing}</span>
            </span>
          </li>
        )}
      </ol>
    </Panel>
  );
}
