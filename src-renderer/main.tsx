/** Starts the pages: theme, sign-in code, connection, events, router. */
import "./styles.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import type { AppErrorData } from "../src-core/model/error.ts";
import { link, queryClient } from "./app/api-client.ts";
import { startLive } from "./app/live.ts";
import { router } from "./app/routes.tsx";
import { signIn, takeCode } from "./app/session.ts";
import { SignInPage } from "./app/sign-in-page.tsx";
import { reloadWhenStale } from "./app/stale-page.ts";
import { inWindow } from "./app/transport.ts";
import { useLinkState } from "./app/use-link-state.ts";
import { followTheme } from "./ui-state/theme.ts";

/** Uses up a code in the address, then connects. @returns why the code was refused, null when it was not or there was none */
async function enter(): Promise<AppErrorData | null> {
  const code = inWindow ? null : takeCode();
  const refused = code === null ? null : await signIn({ code });
  if (code === null) link.start();
  else link.restart();
  return refused;
}

function App({ firstRefusal }: { firstRefusal: AppErrorData | null }) {
  const [refused, setRefused] = useState(firstRefusal);
  useEffect(() => {
    // A second sign-in address opened in the same tab changes only the fragment.
    const onHash = () => {
      if (location.hash.startsWith("#code=")) void enter().then(setRefused);
    };
    window.addEventListener("hashchange", onHash);
    return () => window.removeEventListener("hashchange", onHash);
  }, []);
  if (useLinkState().name === "sign-in") return <SignInPage refused={refused} />;
  return (
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  );
}

followTheme();
reloadWhenStale();
const root = document.getElementById("root");
if (root === null) throw new Error("the page has no #root");
// The code leaves the address bar before the router reads the address.
const firstRefusal = await enter();
startLive();
createRoot(root).render(
  <StrictMode>
    <App firstRefusal={firstRefusal} />
  </StrictMode>,
);
