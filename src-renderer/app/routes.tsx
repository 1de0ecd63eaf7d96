/** All pages and their addresses. Hash history: the same addresses work under app:// and http. */
import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { NotFoundPage } from "./not-found-page.tsx";
import { PageError } from "./page-error.tsx";
import { PageSkeleton } from "./page-skeleton.tsx";
import { Shell } from "./shell.tsx";

const rootRoute = createRootRoute({ component: Shell, notFoundComponent: NotFoundPage });

const indexRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/library", replace: true });
  },
});

const libraryRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/library",
  component: lazyRouteComponent(() => import("../features/library/library-page.tsx"), "LibraryPage"),
});

const diskRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/disk",
  validateSearch: (search): { path: string } => ({
    path: typeof search.path === "string" ? search.path : "",
  }),
  component: lazyRouteComponent(() => import("../features/disk/disk-page.tsx"), "DiskPage"),
});

const extentsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/extents",
  validateSearch: (search): { path: string; view: "layer" | "guest"; snapshot?: string } => ({
    path: typeof search.path === "string" ? search.path : "",
    view: search.view === "guest" ? "guest" : "layer",
    ...(typeof search.snapshot === "string" ? { snapshot: search.snapshot } : {}),
  }),
  component: lazyRouteComponent(() => import("../features/disk/extents-page.tsx"), "ExtentsPage"),
});

const sourcesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sources",
  component: lazyRouteComponent(() => import("../features/sources/sources-page.tsx"), "SourcesPage"),
});

const inventoryRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sources/$sourceId",
  validateSearch: (search): { machine?: string; tab?: string } => ({
    ...(typeof search.machine === "string" ? { machine: search.machine } : {}),
    ...(typeof search.tab === "string" ? { tab: search.tab } : {}),
  }),
  component: lazyRouteComponent(() => import("../features/sources/inventory-page.tsx"), "InventoryPage"),
});

const jobsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/jobs",
  component: lazyRouteComponent(() => import("../features/jobs/jobs-page.tsx"), "JobsPage"),
});

const jobRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/jobs/$runId",
  component: lazyRouteComponent(() => import("../features/jobs/job-page.tsx"), "JobPage"),
});

const costsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/costs",
  validateSearch: (
    search,
  ): { tab?: "projection" | "where"; disk?: string; item?: string; source?: string; machine?: string } => ({
    ...(search.tab === "projection" || search.tab === "where" ? { tab: search.tab } : {}),
    ...(typeof search.disk === "string" ? { disk: search.disk } : {}),
    ...(typeof search.item === "string" ? { item: search.item } : {}),
    ...(typeof search.source === "string" ? { source: search.source } : {}),
    ...(typeof search.machine === "string" ? { machine: search.machine } : {}),
  }),
  component: lazyRouteComponent(() => import("../features/costs/costs-page.tsx"), "CostsPage"),
});

const settingsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/settings",
  component: lazyRouteComponent(() => import("../features/settings/settings-page.tsx"), "SettingsPage"),
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([
    indexRoute,
    libraryRoute,
    diskRoute,
    extentsRoute,
    sourcesRoute,
    inventoryRoute,
    jobsRoute,
    jobRoute,
    costsRoute,
    settingsRoute,
  ]),
  history: createHashHistory(),
  defaultPreload: "intent",
  defaultPendingComponent: PageSkeleton,
  defaultErrorComponent: PageError,
  scrollRestoration: false,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
