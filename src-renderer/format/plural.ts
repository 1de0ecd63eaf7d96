import { formatCount } from "./bytes.ts";

/** "1 machine", "3 machines", "5,000 machines". */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}
