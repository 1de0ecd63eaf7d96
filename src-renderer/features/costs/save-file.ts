/** Hands a file to the browser, or to the window's "save as". */
export function saveFile(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = name;
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  // The download has begun by then; the address must live until it has.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** "costs-app-server-2026-11-29.csv": letters and digits of any language, no path. */
export function fileName(plan: string, what: string, day: string, extension: string): string {
  const slug = plan
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 60);
  return `${[what, slug, day].filter((part) => part !== "").join("-")}.${extension}`;
}
