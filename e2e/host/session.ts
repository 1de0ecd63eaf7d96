/** protocol and session: who answers app:// and what a page may do. */
import { honest } from "./honesty.ts";
import { record } from "./log.ts";

type SchemeHandler = (request: Request) => Response | Promise<Response>;

/**
 * Chromium knows no new scheme, so app://host/path travels as https://host.app.stand-in.invalid/path (a secure origin of its
 * own, as in Electron) and is answered by the handler that the app itself gave to protocol.handle.
 */
const handlers = new Map<string, SchemeHandler>();
const SUFFIX = "stand-in.invalid";

/** The address Chromium is told for one of the app. */
export function carried(url: string): string {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/i.exec(url);
  const [, scheme = "", host = "", rest = ""] = match ?? [];
  return handlers.has(scheme) ? `https://${host}.${scheme}.${SUFFIX}${rest.startsWith("/") ? rest : `/${rest}`}` : url;
}
/** The address the app knows for one of Chromium's. */
export function original(url: string): string {
  return url.replace(/^https:\/\/([^/?#]*)\.([a-z0-9+-]+)\.stand-in\.invalid/, "$2://$1");
}
/** Fetch-domain patterns of everything the app answers itself. */
export function carriedPatterns(): { urlPattern: string }[] {
  return [...handlers.keys()].map((scheme) => ({ urlPattern: `https://*.${scheme}.${SUFFIX}/*` }));
}
/** The app's answer to a request, or null where no handler of its own is asked. */
export async function answer(request: Request): Promise<Response | null> {
  const handler = handlers.get(new URL(request.url).protocol.slice(0, -1));
  return handler ? await handler(request) : null;
}

export const protocol = honest("protocol", "Protocol", {
  registerSchemesAsPrivileged(schemes: { scheme: string }[]) {
    record("privileged-schemes", { schemes: schemes.map(({ scheme }) => scheme) });
  },
  handle(scheme: string, handler: SchemeHandler) {
    handlers.set(scheme, handler);
  },
});

type CheckHandler = (contents: null, permission: string, origin: string, details: object) => boolean;
type RequestHandler = (
  contents: object,
  permission: string,
  answer: (granted: boolean) => void,
  details: object,
) => void;
let check: CheckHandler | null = null;
let request: RequestHandler | null = null;

/** Electron's name → the name in Browser.setPermission. */
const permissions: Record<string, string> = {
  geolocation: "geolocation",
  notifications: "notifications",
  midi: "midi",
  "clipboard-read": "clipboard-read",
  "persistent-storage": "persistent-storage",
  "idle-detection": "idle-detection",
  "window-management": "window-management",
  "local-fonts": "local-fonts",
};

/**
 * What Chromium shall say to pages of `origin`: the app's own handlers are asked, and like Electron everything is granted where
 * the app gave none.
 */
export async function permissionSettings(
  contents: object,
  origin: string,
): Promise<{ name: string; setting: string }[]> {
  return await Promise.all(
    Object.entries(permissions).map(async ([permission, name]) => {
      const allowed = check?.(null, permission, origin, {}) ?? true;
      const granted =
        allowed &&
        (await new Promise<boolean>((resolve) =>
          request ? request(contents, permission, resolve, {}) : resolve(true),
        ));
      return { name, setting: granted ? "granted" : "denied" };
    }),
  );
}

const defaultSession = honest("session.defaultSession", "Session", {
  setPermissionCheckHandler(handler: CheckHandler | null) {
    check = handler;
  },
  setPermissionRequestHandler(handler: RequestHandler | null) {
    request = handler;
  },
});
export const session = honest("session", "Session", { defaultSession }, true);
