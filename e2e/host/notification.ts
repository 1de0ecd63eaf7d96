/** Notification: written down; specs click it. */
import type { NotificationConstructorOptions } from "electron";
import { claim, honestEmitter } from "./honesty.ts";
import { record } from "./log.ts";

/** Those shown, oldest first. */
export const shownNotifications: Notification[] = [];

export class Notification extends honestEmitter("Notification", "Notification") {
  readonly #options: NotificationConstructorOptions;

  constructor(options: NotificationConstructorOptions = {}) {
    super();
    this.#options = options;
  }
  static isSupported(): boolean {
    return true;
  }
  get title(): string {
    return this.#options.title ?? "";
  }
  get body(): string {
    return this.#options.body ?? "";
  }
  show(): void {
    shownNotifications.push(this);
    record("notification", { title: this.title, body: this.body });
    setImmediate(() => this.emit("show"));
  }
  close(): void {
    this.emit("close", {});
  }
}
claim(Notification);
