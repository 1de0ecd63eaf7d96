import { X } from "lucide-react";
import { Dialog as Primitive } from "radix-ui";
import type { ReactNode } from "react";
import { IconButton } from "./button.tsx";
import { classNames } from "./class-names.ts";

interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  /** One sentence under the title; also the dialog's description. */
  description?: ReactNode;
  children: ReactNode;
  footer?: ReactNode;
  width?: "narrow" | "normal" | "wide";
  /** False: a press outside does not close it (work would be lost). */
  closeOutside?: boolean;
}

const WIDTHS = { narrow: "max-w-md", normal: "max-w-xl", wide: "max-w-2xl" } as const;

/** A modal dialog: focus is kept inside, Escape closes, focus returns to where it came from. */
export function Dialog(props: DialogProps) {
  const { open, onOpenChange, title, description, children, footer, width = "normal", closeOutside = true } = props;
  return (
    <Primitive.Root open={open} onOpenChange={onOpenChange}>
      <Primitive.Portal>
        <Primitive.Overlay className="fixed inset-0 z-40 bg-shade" />
        <Primitive.Content
          {...(description === undefined ? { "aria-describedby": undefined } : {})}
          onInteractOutside={(event) => {
            if (!closeOutside) event.preventDefault();
          }}
          className={classNames(
            "appear fixed top-[7vh] left-1/2 z-50 flex max-h-[86vh] w-[calc(100vw-2rem)] -translate-x-1/2 flex-col rounded-lg border border-line bg-surface shadow-lift",
            WIDTHS[width],
          )}
        >
          <div className="flex items-start gap-3 px-5 pt-4 pb-3">
            <div className="min-w-0 flex-1">
              <Primitive.Title className="text-lg font-semibold tracking-tight">{title}</Primitive.Title>
              {description === undefined ? null : (
                <Primitive.Description className="mt-0.5 text-sm text-ink-2">{description}</Primitive.Description>
              )}
            </div>
            <Primitive.Close asChild>
              <IconButton label="Close">
                <X aria-hidden />
              </IconButton>
            </Primitive.Close>
          </div>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 pb-4">{children}</div>
          {footer === undefined ? null : (
            <div className="flex items-center justify-end gap-2 rounded-b-lg border-t border-line bg-canvas px-5 py-3">
              {footer}
            </div>
          )}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
