import { useEffect } from "react";

/** Names the page in the window's title bar or the browser's tab. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === "" ? "HyperSDK Desktop" : `${title} · HyperSDK Desktop`;
  }, [title]);
}
