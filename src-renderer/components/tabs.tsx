/** Panels of which one is shown; arrow keys move between their names. */
import { Tabs as Primitive } from "radix-ui";
import type { ReactNode } from "react";
import { formatCount } from "../format/bytes.ts";
import { classNames } from "./class-names.ts";

interface TabsProps<T extends string> {
  label: string;
  value: T;
  onValueChange: (value: T) => void;
  tabs: readonly { value: T; label: string; count?: number | undefined }[];
  /** At the end of the row of names. */
  actions?: ReactNode;
  children: ReactNode;
  className?: string;
}

export function Tabs<T extends string>(props: TabsProps<T>) {
  const { label, value, onValueChange, tabs, actions, children, className } = props;
  return (
    <Primitive.Root
      value={value}
      onValueChange={(next) => {
        const tab = tabs.find((one) => one.value === next);
        if (tab !== undefined) onValueChange(tab.value);
      }}
      className={classNames("flex min-h-0 min-w-0 flex-1 flex-col", className)}
    >
      <div className="flex shrink-0 items-center border-b border-line px-2">
        <Primitive.List
          aria-label={label}
          className="flex min-w-0 overflow-x-auto overflow-y-hidden [scrollbar-width:none]"
        >
          {tabs.map((tab) => (
            <Primitive.Trigger
              key={tab.value}
              value={tab.value}
              className="-mb-px flex h-9 focus-visible:-outline-offset-3 shrink-0 items-center gap-1.5 border-b-2 border-transparent px-2.5 text-sm text-ink-2 hover:text-ink data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-ink"
            >
              {tab.label}
              {tab.count === undefined ? null : <span className="text-2xs text-ink-3">{formatCount(tab.count)}</span>}
            </Primitive.Trigger>
          ))}
        </Primitive.List>
        {actions === undefined ? null : <div className="ml-auto flex items-center gap-1.5 pl-2">{actions}</div>}
      </div>
      {children}
    </Primitive.Root>
  );
}

export function Tab(props: { value: string; className?: string; children: ReactNode }) {
  return (
    <Primitive.Content
      value={props.value}
      className={classNames("min-h-0 flex-1 overflow-y-auto outline-none", props.className)}
    >
      {props.children}
    </Primitive.Content>
  );
}
