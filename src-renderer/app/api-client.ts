/** The typed client of the whole program over the one transport, and the query utilities made from it. */
import { createORPCClient } from "@orpc/client";
import type { ContractRouterClient } from "@orpc/contract";
import { createTanstackQueryUtils } from "@orpc/tanstack-query";
import { QueryClient } from "@tanstack/react-query";
import type { Contract } from "../../src-core/contract/contract.ts";
import { ReconnectingLink } from "./reconnecting-link.ts";
import { connect } from "./transport.ts";

export type Client = ContractRouterClient<Contract>;

/** The lasting link; its state is what the connection banner shows. */
export const link = new ReconnectingLink(connect, {
  now: () => Date.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer as Parameters<typeof clearTimeout>[0]),
});

export const client: Client = createORPCClient(link);
export const api = createTanstackQueryUtils(client);

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // The event stream tells what changed; time alone makes nothing stale.
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: 10 * 60_000,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      // The link already waits for the connection; an answer that is an error stays one.
      retry: false,
      networkMode: "always",
    },
    mutations: { retry: false, networkMode: "always" },
  },
});
