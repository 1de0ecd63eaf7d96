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

const schedulesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/schedules",
  component: lazyRouteComponent(() => import("../features/schedules/schedules-page.tsx"), "SchedulesPage"),
});

const newScheduleRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/schedules/new",
  component: lazyRouteComponent(() => import("../features/schedules/schedule-page.tsx"), "NewSchedulePage"),
});

const scheduleRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/schedules/$id",
  component: lazyRouteComponent(() => import("../features/schedules/schedule-page.tsx"), "SchedulePage"),
});

const scheduledRunsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/schedules/runs",
  validateSearch: (search): { schedule?: string; state?: string } => ({
    ...(typeof search.schedule === "string" ? { schedule: search.schedule } : {}),
    ...(typeof search.state === "string" ? { state: search.state } : {}),
  }),
  component: lazyRouteComponent(() => import("../features/schedules/scheduled-runs-page.tsx"), "ScheduledRunsPage"),
});

const scheduledRunRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/schedules/runs/$id",
  component: lazyRouteComponent(() => import("../features/schedules/scheduled-run-page.tsx"), "ScheduledRunPage"),
});

const scheduleGraphRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/schedules/graph",
  component: lazyRouteComponent(() => import("../features/schedules/graph-page.tsx"), "GraphPage"),
});

const calendarRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/schedules/calendar",
  validateSearch: (search): { view?: "month" | "simulator"; day?: string; zone?: string } => ({
    ...(search.view === "month" || search.view === "simulator" ? { view: search.view } : {}),
    ...(typeof search.day === "string" ? { day: search.day } : {}),
    ...(typeof search.zone === "string" ? { zone: search.zone } : {}),
  }),
  component: lazyRouteComponent(() => import("../features/schedules/calendar-page.tsx"), "CalendarPage"),
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
    schedulesRoute,
    scheduleGraphRoute,
    calendarRoute,
    newScheduleRoute,
    scheduleRoute,
    scheduledRunsRoute,
    scheduledRunRoute,
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
