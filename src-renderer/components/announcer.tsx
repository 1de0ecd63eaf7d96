/** Tells screen readers what changed without moving the focus. */
import { create } from "zustand";

const useAnnouncement = create<{ text: string }>(() => ({ text: "" }));

/** Says `text` politely. The same text twice is said twice. */
export function announce(text: string): void {
  const before = useAnnouncement.getState().text;
  useAnnouncement.setState({ text: before === text ? `${text}\u00a0` : text });
}

/** Stands once in the shell. */
export function Announcer() {
  const text = useAnnouncement((state) => state.text);
  return (
    <div role="status" aria-live="polite" className="sr-only">
      {text}
    </div>
  );
}
