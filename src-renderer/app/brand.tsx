import { classNames } from "../components/class-names.ts";

const FILLED = [
  [0, 0],
  [0, 1],
  [0, 2],
  [2, 0],
  [2, 1],
  [2, 2],
] as const;

/** The mark: nine grains of a disk that spell an H; the one in the middle is a zero, two are holes. */
export function BrandMark({ className }: { className?: string }) {
  const at = (n: number) => 3 + n * 6.25;
  return (
    <svg viewBox="0 0 24 24" aria-hidden className={classNames("size-6", className)}>
      {FILLED.map(([x, y]) => (
        <rect key={`${x}${y}`} x={at(x)} y={at(y)} width="5.25" height="5.25" rx="1.1" fill="var(--accent-fill)" />
      ))}
      <rect x={at(1)} y={at(1)} width="5.25" height="5.25" rx="1.1" fill="var(--zero)" />
      {[0, 2].map((y) => (
        <rect
          key={y}
          x={at(1) + 0.4}
          y={at(y) + 0.4}
          width="4.45"
          height="4.45"
          rx="0.9"
          fill="none"
          stroke="var(--hole-line)"
          strokeWidth="0.8"
        />
      ))}
    </svg>
  );
}
