import { Button } from "../../../components/button.tsx";
import { joinPath } from "../../../format/path.ts";

const PLACEHOLDERS = [
  { text: "{date}", means: "The day it was due: 2026-11-30" },
  { text: "{time}", means: "The time it was due: 0230" },
  { text: "{schedule}", means: "The schedule's name" },
  { text: "{run}", means: "A short id of the run" },
] as const;

/** What a name may hold that each run fills in. */
export function PlaceholderChips({ into, onInsert }: { into: string; onInsert: (placeholder: string) => void }) {
  return (
    <div className="flex flex-wrap items-center gap-1.5 text-xs text-ink-3">
      <span>Filled in by each run, into {into}:</span>
      {PLACEHOLDERS.map(({ text, means }) => (
        <Button
          key={text}
          size="small"
          title={means}
          aria-label={`Insert ${text} into ${into}`}
          className="h-6 px-1.5 font-mono text-2xs"
          onClick={() => onInsert(text)}
        >
          {text}
        </Button>
      ))}
    </div>
  );
}

/** Before the file's extension, or at the end where there is none. */
export function insertedInName(name: string, placeholder: string): string {
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? `${name}-${placeholder}` : `${name.slice(0, dot)}-${placeholder}${name.slice(dot)}`;
}

/** As one more folder. */
export function insertedInFolder(folder: string, placeholder: string): string {
  return joinPath(folder, placeholder);
}

/** Whether two runs would make files of the same name. */
export function namesRepeat(...names: readonly string[]): boolean {
  return !names.some((name) => /\{(date|time|run)\}/.test(name));
}
