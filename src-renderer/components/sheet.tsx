import { X } from "lucide-react";
import { Dialog as Primitive } from "radix-ui";
import type { ReactNode } from "react";
import { IconButton } from "./button.tsx";

/** What scrolls must be reachable by the keyboard, though nothing in it can be pressed (WCAG 2.1.1). */
const SCROLLED_BY_KEYS = { tabIndex: 0 } as const;

interface SheetProps {
  title: string;
  description?: ReactNode;
  actions?: ReactNode;
  onClose: () => void;
  children: ReactNode;
}

/** A tall panel from the right edge with everything about one row: focus is kept inside, Escape closes. */
export function Sheet({ title, description, actions, onClose, children }: SheetProps) {
  return (
    <Primitive.Root open onOpenChange={(open) => (open ? undefined : onClose())}>
      <Primitive.Portal>
        <Primitive.Overlay className="fixed inset-0 z-40 bg-shade" />
        <Primitive.Content
          {...(description === undefined ? { "aria-describedby": undefined } : {})}
          className="appear fixed inset-y-0 right-0 z-50 flex w-[min(64rem,calc(100vw-2rem))] flex-col border-l border-line bg-surface shadow-lift"
        >
          <div className="flex items-start gap-3 border-b border-line px-5 pt-4 pb-3">
            <div className="min-w-0 flex-1">
              <Primitive.Title className="truncate text-lg font-semibold tracking-tight">{title}</Primitive.Title>
              {description === undefined ? null : (
                <Primitive.Description className="mt-0.5 text-sm text-ink-2">{description}</Primitive.Description>
              )}
            </div>
            {actions}
            <Primitive.Close asChild>
              <IconButton label="Close">
                <X aria-hidden />
              </IconButton>
            </Primitive.Close>
          </div>
          <section aria-label={title} {...SCROLLED_BY_KEYS} className="min-h-0 flex-1 overflow-y-auto px-5 py-4">
            {children}
          </section>
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
