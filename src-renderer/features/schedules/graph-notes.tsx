/** Over the drawing: why an edit was refused, that somebody else changed what is edited, how long the longest way is. */
import { CircleSlash, Route, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { ScheduleRow } from "../../../src-core/model/schedule-view.ts";
import { Button } from "../../components/button.tsx";
import { classNames } from "../../components/class-names.ts";
import { formatSpan } from "../../format/duration.ts";
import type { CriticalWay } from "./graph-critical.ts";
import { changedElsewhere, type Draft, EMPTY_DRAFT, type GraphNode, type Refusal, rebase } from "./graph-draft.ts";
import { useGraph } from "./graph-store.ts";
import { listNames, loopWords } from "./graph-words.ts";

interface GraphNotesProps {
  rows: readonly ScheduleRow[];
  nodes: readonly GraphNode[];
  draft: Draft;
  refusal: Refusal | null;
  critical: boolean;
  way: CriticalWay | null;
}

export function GraphNotes({ rows, nodes, draft, refusal, critical, way }: GraphNotesProps) {
  const { dismiss, startFrom } = useGraph.getState();
  const elsewhere = changedElsewhere(rows, draft);
  return (
    <>
      {refusal === null ? null : (
        <Note tone="bad" icon={<CircleSlash aria-hidden />} role="alert">
          <span className="min-w-0 flex-1 break-words">
            <strong className="font-semibold">Refused.</strong> {refusal.message} Nothing was changed.
          </span>
          <Button size="small" onClick={dismiss}>
            Got it
          </Button>
        </Note>
      )}
      {elsewhere.length === 0 ? null : (
        <Note tone="warn" icon={<TriangleAlert aria-hidden />} role="status">
          <span className="min-w-0 flex-1 break-words">
            {listNames(elsewhere)} changed since you began to edit: as it is, saving would be refused.
          </span>
          <Button size="small" onClick={() => startFrom(rebase(rows, draft))}>
            Keep my edits on top
          </Button>
          <Button size="small" onClick={() => startFrom(EMPTY_DRAFT)}>
            Drop my edits
          </Button>
        </Note>
      )}
      {!critical ? null : (
        <Note tone="plain" icon={<Route aria-hidden />} role="status">
          {way === null
            ? "The longest way is not known yet: no schedule of it has run to its end."
            : wayText(way, nodes)}
        </Note>
      )}
    </>
  );
}

function wayText(way: CriticalWay, nodes: readonly GraphNode[]): string {
  const names = new Map(nodes.map(({ id, name }) => [id, name]));
  const unknown = way.unknown.length === 0 ? "" : ` Without ${listNames(way.unknown)}, which has not run yet.`;
  return `Longest way: ${loopWords(way.ids.map((id) => names.get(id) ?? id))}, ${formatSpan(way.lowMs, way.highMs)}.${unknown}`;
}

const TONES = { bad: "bg-bad-soft text-ink", warn: "bg-warn-soft text-ink", plain: "bg-accent-soft text-ink" } as const;
const ICONS = { bad: "text-bad", warn: "text-warn", plain: "text-accent" } as const;

function Note(props: { tone: keyof typeof TONES; icon: ReactNode; role: "alert" | "status"; children: ReactNode }) {
  return (
    <div
      role={props.role}
      className={classNames(
        "flex shrink-0 items-center gap-2.5 border-b border-line px-4 py-2 text-sm",
        TONES[props.tone],
      )}
    >
      <span className={classNames("shrink-0 [&_svg]:size-4", ICONS[props.tone])}>{props.icon}</span>
      {props.children}
    </div>
  );
}
