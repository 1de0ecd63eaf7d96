import type { ReactNode } from "react";

/** What a list says when it has nothing to show, and what to do about it. */
export function EmptyState(props: { icon: ReactNode; title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="flex h-full flex-col items-center justify-center gap-1 px-6 py-12 text-center">
      <div aria-hidden className="mb-2 text-ink-3 [&_svg]:size-7 [&_svg]:stroke-[1.4]">
        {props.icon}
      </div>
      <h2 className="text-base font-semibold">{props.title}</h2>
      {props.children === undefined ? null : <div className="max-w-md text-ink-2">{props.children}</div>}
      {props.action === undefined ? null : <div className="mt-3">{props.action}</div>}
    </div>
  );
}
