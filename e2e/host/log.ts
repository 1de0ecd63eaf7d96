/** What the stand-in cannot draw it writes down here, for specs to read: trays, menus, notifications, dialogs, shell calls. */
export interface LogEntry {
  readonly kind: string;
  readonly [detail: string]: unknown;
}

/** In order of happening; every entry is plain data, so that it can be read through Playwright's `evaluate`. */
export const log: LogEntry[] = [];

export function record(kind: string, detail: Record<string, unknown> = {}): void {
  log.push({ kind, ...detail });
}

/** An event whose default a listener may prevent, as Electron hands them out. */
export interface Preventable {
  readonly defaultPrevented: boolean;
  preventDefault(): void;
}

export function preventable(): Preventable {
  let prevented = false;
  return {
    get defaultPrevented() {
      return prevented;
    },
    preventDefault() {
      prevented = true;
    },
  };
}
