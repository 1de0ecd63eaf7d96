import type { ReactNode } from "react";
import { classNames } from "./class-names.ts";

/** A titled section of a page. */
export function Panel(props: {
  title: string;
  note?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  className?: string;
  /** False: the children bring their own padding. */
  padded?: boolean;
}) {
  return (
    <section
      aria-label={props.title}
      className={classNames("min-w-0 overflow-hidden rounded-lg border border-line bg-surface", props.className)}
    >
      <div className="flex min-h-9 items-center gap-2 border-b border-line px-3.5 py-1">
        <h2 className="text-sm font-semibold">{props.title}</h2>
        {props.note === undefined ? null : <span className="truncate text-xs text-ink-3">{props.note}</span>}
        {props.actions === undefined ? null : <div className="ml-auto flex items-center gap-1.5">{props.actions}</div>}
      </div>
      <div className={props.padded === false ? "" : "p-3.5"}>{props.children}</div>
    </section>
  );
}

/** Names and values in two columns. */
export function Facts({ rows }: { rows: readonly { name: string; value: ReactNode }[] }) {
  return (
    <dl className="grid content-start grid-cols-[minmax(7rem,auto)_minmax(0,1fr)] gap-x-4 gap-y-1 text-sm">
      {rows.map((row) => (
        <div key={row.name} className="contents">
          <dt className="text-ink-3">{row.name}</dt>
          <dd className="min-w-0 break-words">{row.value}</dd>
        </div>
      ))}
    </dl>
  );
}
