/** Tells of an action that failed, where no part of the page is about it. */
import { toast } from "sonner";
import { errorText } from "../components/error-card.tsx";
import { toErrorData } from "./error-data.ts";

/** Long enough to read and to reach the button. */
const SHOWN_MS = 12_000;

/** What happened, what to do next, and a way to copy it all. */
export function toastError(thrown: unknown): void {
  const error = toErrorData(thrown);
  toast.error(error.message, {
    ...(error.hint === undefined ? {} : { description: error.hint }),
    duration: SHOWN_MS,
    closeButton: true,
    action: { label: "Copy", onClick: () => void navigator.clipboard.writeText(errorText(error)) },
  });
}
