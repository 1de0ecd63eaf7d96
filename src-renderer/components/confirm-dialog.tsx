import { AlertDialog } from "radix-ui";
import { type ReactNode, useRef } from "react";
import { Button } from "./button.tsx";

interface ConfirmDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  /** What happens and what stays. */
  children: ReactNode;
  /** The verb on the button that does it. */
  action: string;
  /** The way out; never a bare "Cancel" where canceling is itself the action. */
  keep?: string;
  danger?: boolean;
  onConfirm: () => void;
}

/** Asks before something is lost. The safe button has the focus. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const safe = useRef<HTMLButtonElement>(null);
  return (
    <AlertDialog.Root open={props.open} onOpenChange={props.onOpenChange}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="fixed inset-0 z-40 bg-shade" />
        <AlertDialog.Content
          onOpenAutoFocus={(event) => {
            event.preventDefault();
            safe.current?.focus();
          }}
          className="appear fixed top-[18vh] left-1/2 z-50 w-[calc(100vw-2rem)] max-w-md -translate-x-1/2 rounded-lg border border-line bg-surface shadow-lift"
        >
          <div className="px-5 pt-4 pb-4">
            <AlertDialog.Title className="text-lg font-semibold tracking-tight">{props.title}</AlertDialog.Title>
            <AlertDialog.Description asChild>
              <div className="mt-1.5 text-sm break-words text-ink-2">{props.children}</div>
            </AlertDialog.Description>
          </div>
          <div className="flex justify-end gap-2 rounded-b-lg border-t border-line bg-canvas px-5 py-3">
            <AlertDialog.Cancel asChild>
              <Button ref={safe}>{props.keep ?? "Keep"}</Button>
            </AlertDialog.Cancel>
            <AlertDialog.Action asChild>
              <Button look={props.danger === false ? "primary" : "danger"} onClick={props.onConfirm}>
                {props.action}
              </Button>
            </AlertDialog.Action>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
