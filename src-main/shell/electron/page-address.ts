/** Where the window's pages live: app://hypersdk/ in the product, the development server's address under `electron-vite dev`. */

export const PAGE_SCHEME = "app";
export const PAGE_HOST = "hypersdk";
export const PRODUCT_BASE = `${PAGE_SCHEME}://${PAGE_HOST}/`;

/** The base of all pages; a development server only where the program is not packaged. */
export function pageBase(isPackaged: boolean, developmentServer: string | undefined): string {
  return !isPackaged && developmentServer ? new URL("/", developmentServer).href : PRODUCT_BASE;
}

/** Address of a page route such as "/jobs/ID". Routes live after the #: going to one never leaves the document. */
export function addressOf(base: string, route: string): string {
  return `${base}#${route}`;
}

/** True for addresses of the program's own pages. URL.origin is "null" for app:, so scheme and host are compared. */
export function isOwnPage(base: string, url: string): boolean {
  if (!URL.canParse(url)) return false;
  const own = new URL(base);
  const other = new URL(url);
  return other.protocol === own.protocol && other.host === own.host && other.username === "" && other.password === "";
}
