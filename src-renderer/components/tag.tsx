import type { ReactNode } from "react";
import { classNames } from "./class-names.ts";

const TONES = {
  plain: "border-line text-ink-2",
  accent: "border-accent/40 text-accent bg-accent-soft",
  ok: "border-ok/40 text-ok bg-ok-soft",
  warn: "border-warn/40 text-warn bg-warn-soft",
  bad: "border-bad/40 text-bad bg-bad-soft",
} as const;

/** A short word in a small frame. */
export function Tag(props: { tone?: keyof typeof TONES; title?: string; children: ReactNode }) {
  return (
    <span
      title={props.title}
      className={classNames(
        "inline-flex h-[18px] shrink-0 items-center gap-1 rounded border px-1.5 text-2xs font-medium whitespace-nowrap [&_svg]:size-3",
        TONES[props.tone ?? "plain"],
      )}
    >
      {props.children}
    </span>
  );
}
