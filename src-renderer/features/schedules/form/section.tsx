import { ChevronRight } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { Tag } from "../../../components/tag.tsx";
import { plural } from "../../../format/plural.ts";
import { fieldName, plainMessage, type SectionProblems } from "./field-problems.ts";

/** Part of the form that is always there. */
export function OpenSection(props: { title: string; id: string; children: ReactNode }) {
  return (
    <section id={props.id} aria-label={props.title} className="scroll-mt-4 rounded-lg border border-line bg-surface">
      <h2 className="border-b border-line px-3.5 py-1.5 text-sm font-semibold">{props.title}</h2>
      <div className="grid gap-3.5 p-3.5">{props.children}</div>
    </section>
  );
}

/** Part of the form that is folded away while it is as usual; one line says what it holds. It opens where something is wrong in it. */
export function FoldedSection(props: {
  title: string;
  id: string;
  /** What it holds, in one line. */
  words: string;
  /** It holds what is not usual. */
  changed: boolean;
  problems: SectionProblems;
  children: ReactNode;
}) {
  const { title, id, words, changed, problems, children } = props;
  const [open, setOpen] = useState(false);
  const wrong = problems.count > 0;
  useEffect(() => {
    if (wrong) setOpen(true);
  }, [wrong]);
  return (
    <section id={id} aria-label={title} className="scroll-mt-4 rounded-lg border border-line bg-surface">
      <h2>
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="flex w-full min-w-0 items-center gap-2 rounded-lg px-3.5 py-2 text-left hover:bg-raised"
        >
          <ChevronRight
            aria-hidden
            className={`size-4 shrink-0 text-ink-3 transition-transform ${open ? "rotate-90" : ""}`}
          />
          <span className="shrink-0 font-semibold">{title}</span>
          <span className={`min-w-0 truncate text-xs ${changed ? "text-ink" : "text-ink-3"}`}>{words}</span>
          {wrong ? (
            <span className="ml-auto">
              <Tag tone="bad">{plural(problems.count, "problem")}</Tag>
            </span>
          ) : null}
        </button>
      </h2>
      {open ? <div className="grid gap-3.5 border-t border-line p-3.5">{children}</div> : null}
    </section>
  );
}

/** What is wrong in a section beyond its single fields. */
export function RestProblems({ problems, shown }: { problems: SectionProblems; shown: readonly string[] }) {
  const rest = problems.rest(shown);
  if (rest.length === 0) return null;
  return (
    <ul role="alert" className="grid gap-0.5 text-xs">
      {rest.map(({ field, message, fatal }) => (
        <li key={`${field} ${message}`} className={fatal ? "text-bad" : "text-warn"}>
          {fieldName(field)}: {plainMessage(message)}
        </li>
      ))}
    </ul>
  );
}
