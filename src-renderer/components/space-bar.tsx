import type { SizeEstimate } from "../../src-core/contract/runs.ts";
import { formatBytes } from "../format/bytes.ts";

interface Space extends SizeEstimate {
  readonly folder: string;
  /** Null where the system does not tell. */
  readonly freeBytes: number | null;
}

/** What the files to be made will take of the free space, one bar for each file system: likely (solid), at most (hatched). */
export function SpaceBar({ space }: { space: readonly Space[] }) {
  return space.map((each) => <OneBar key={each.folder} space={each} named={space.length > 1} />);
}

function OneBar({ space, named }: { space: Space; named: boolean }) {
  const { lowBytes, likelyBytes, highBytes, freeBytes: free } = space;
  const whole = Math.max(free ?? 0, highBytes, 1);
  const tight = free !== null && highBytes > free;
  const size =
    lowBytes === highBytes
      ? formatBytes(likelyBytes)
      : `about ${formatBytes(likelyBytes)} (${formatBytes(lowBytes)} to ${formatBytes(highBytes)})`;
  return (
    <div>
      <div className="flex items-baseline justify-between gap-4 text-sm">
        <span>
          Estimated size <span className="font-medium">{size}</span>
          {named ? <span className="ml-1 font-mono text-xs text-ink-3">in {space.folder}</span> : null}
        </span>
        <span className={tight ? "text-warn" : "text-ink-2"}>
          {free === null ? "free space unknown" : `${formatBytes(free)} free`}
        </span>
      </div>
      {free === null ? null : (
        <div aria-hidden className="grain relative mt-1.5 h-2.5 overflow-hidden rounded-[2px] bg-line">
          <span className="hatch absolute inset-y-0 left-0" style={{ width: `${(highBytes / whole) * 100}%` }} />
          <span
            className={`absolute inset-y-0 left-0 ${tight ? "bg-warn" : "bg-accent-fill"}`}
            style={{ width: `${(likelyBytes / whole) * 100}%` }}
          />
        </div>
      )}
    </div>
  );
}
