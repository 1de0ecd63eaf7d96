// Who may import whom (docs/architecture.md). Type-only imports count. Each rule says what to do instead.
// There is no list of exemptions; a new one needs an ADR.
const rooms =
  "^(src-core|src-main|src-preload|src-renderer|workers|e2e|bench|scripts)/|^[^/]+\\.(config\\.ts|config\\.mjs)$|^\\.dependency-cruiser\\.mjs$";
const tests = "\\.(test|integ\\.test|spec)\\.tsx?$";
const testing = "(/testing/|^e2e/|^bench/|^scripts/|\\.config\\.)";
const nodeFs = "^(node:)?(fs|fs/promises)$";
const nodeNet = "^(node:)?(net|http|https|http2|tls|dgram|dns)$";
const packages = "node_modules/";

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    {
      name: "core-is-pure",
      severity: "error",
      comment: "src-core has no I/O, clock or platform: hand the value in, or put the code in src-main or workers.",
      from: { path: "^src-core/", pathNot: `${tests}|/testing/` },
      to: { pathNot: `^src-core/|${packages}(zod|@orpc/contract|bignumber.js|croner|temporal-polyfill|ical.js|yaml)/` },
    },
    {
      name: "renderer-in-its-room",
      severity: "error",
      comment: "Pages know src-core and react; whatever else they need is a call in the contract.",
      from: { path: "^src-renderer/", pathNot: tests },
      to: {
        path: "^(src-main|src-preload|workers|e2e|bench|scripts)/|^(node:)|node_modules/(electron|better-sqlite3|kysely)/",
      },
    },
    {
      name: "features-are-strangers",
      severity: "error",
      comment: "One feature never imports another: move the shared part to components/, or link by route.",
      from: { path: "^src-renderer/features/([^/]+)/" },
      to: { path: "^src-renderer/features/([^/]+)/", pathNot: "^src-renderer/features/$1/" },
    },
    {
      name: "components-are-dumb",
      severity: "error",
      comment: "components/ and format/ get everything as props: no features, no api client.",
      from: { path: "^src-renderer/(components|format)/" },
      to: { path: "^src-renderer/(features|app)/" },
    },
    {
      name: "workers-know-no-electron",
      severity: "error",
      comment: "Workers run in any Node: what they need comes in the TaskSpec or the TaskContext.",
      from: { path: "^workers/" },
      to: { path: "^(src-main|src-renderer|src-preload)/|node_modules/electron/" },
    },
    {
      name: "electron-only-in-its-shell",
      severity: "error",
      comment: "Only src-main/shell/electron and src-preload know Electron: add a member to Shell instead.",
      from: { pathNot: "^(src-main/shell/electron|src-preload|e2e)/" },
      to: { path: "node_modules/electron/" },
    },
    {
      name: "main-starts-only-the-entry",
      severity: "error",
      comment:
        "src-main reaches the engine by starting workers/entry.ts (jobs/worker-thread.ts), source-entry.ts (sources/session-thread.ts) and schedule-entry.ts (scheduler/scheduling-thread.ts), by the types of workers/task.ts and the cells of workers/control.ts.",
      from: { path: "^src-main/", pathNot: tests },
      to: { path: "^workers/", pathNot: "^workers/(task|control)\\.ts$" },
    },
    {
      name: "shells-are-strangers",
      severity: "error",
      comment: "The two shells and the command line meet in app.ts, not in each other.",
      from: { path: "^src-main/(shell/electron|shell/service)/" },
      to: { path: "^src-main/(shell/electron|shell/service)/", pathNot: "^src-main/$1/" },
    },
    {
      name: "formats-are-strangers",
      severity: "error",
      comment:
        "A format never imports a format; only the registry knows them all. What several formats share lies in block-map/.",
      from: { path: "^workers/formats/(?!registry\\.ts|testing/)([^/.]+)", pathNot: tests },
      to: { path: "^workers/formats/", pathNot: "^workers/formats/($1(/|\\.ts$)|format\\.ts$|block-map/|testing/)" },
    },
    {
      name: "binary-alone",
      severity: "error",
      comment: "binary/ is the floor: it imports nothing of ours but src-core.",
      from: { path: "^workers/binary/", pathNot: tests },
      to: { path: "^workers/", pathNot: "^workers/binary/" },
    },
    {
      name: "io-low",
      severity: "error",
      comment: "io/ stands on binary/ only.",
      from: { path: "^workers/io/", pathNot: tests },
      to: { path: "^workers/", pathNot: "^workers/(io|binary)/" },
    },
    {
      name: "disk-low",
      severity: "error",
      comment: "disk/ works on the interfaces of formats/format.ts, never on a particular format or task.",
      from: { path: "^workers/disk/", pathNot: tests },
      to: { path: "^workers/", pathNot: "^workers/(disk|io|binary|codec)/|^workers/formats/format\\.ts$" },
    },
    {
      name: "image-low",
      severity: "error",
      comment: "image/ opens disks with what they stand on; it knows formats and files, no machine, provider or task.",
      from: { path: "^workers/image/", pathNot: tests },
      to: { path: "^workers/", pathNot: "^workers/(image|disk|formats|io|binary|codec)/" },
    },
    {
      name: "machine-low",
      severity: "error",
      comment: "machine/ reads descriptions and the disks they name; providers and tasks stand on it.",
      from: { path: "^workers/machine/", pathNot: tests },
      to: { path: "^workers/", pathNot: "^workers/(machine|image|disk|formats|io|binary|codec)/" },
    },
    {
      name: "providers-are-strangers",
      severity: "error",
      comment: "A provider never imports a provider; only registry.ts knows them all.",
      from: { path: "^workers/providers/(?!registry\\.ts|testing/)([^/.]+)/", pathNot: tests },
      to: {
        path: "^workers/providers/",
        pathNot: "^workers/providers/($1/|provider\\.ts$|testing/)",
      },
    },
    {
      name: "providers-below-tasks",
      severity: "error",
      comment: "Providers are composed by tasks/ and sessions/, never the other way round: move what both need down.",
      from: { path: "^workers/providers/", pathNot: `${tests}|/testing/` },
      to: { path: "^workers/(tasks|sessions|lanes)/|^workers/[^/]+\\.ts$" },
    },
    {
      name: "prices-alone",
      severity: "error",
      comment: "prices/ reads providers' price lists: it knows src-core, and is composed by tasks/.",
      from: { path: "^workers/prices/", pathNot: `${tests}|/testing/` },
      to: { path: "^workers/", pathNot: "^workers/prices/" },
    },
    {
      name: "formats-below-tasks",
      severity: "error",
      comment: "Formats, disk, image, machine, io and binary are composed by tasks/, never the other way round.",
      from: { path: "^workers/(formats|disk|io|binary|codec|image|machine)/", pathNot: tests },
      to: { path: "^workers/(tasks/|providers/|sessions/|entry\\.ts|task\\.ts)" },
    },
    {
      name: "sql-in-db",
      severity: "error",
      comment: "Only src-main/db holds SQL: add a function to the table's file there.",
      from: { pathNot: `^src-main/db/|${tests}` },
      to: { path: "node_modules/(better-sqlite3|kysely)/" },
    },
    {
      name: "fs-in-its-rooms",
      severity: "error",
      comment:
        "Files are touched in io, storage, repository, db, log and the few places named here: go through one of them.",
      from: {
        path: "^(src-main|src-core|src-preload|workers)/",
        pathNot: `^workers/(io|storage|repository)/|^src-main/(db|log|files)/|${tests}|/testing/`,
      },
      to: { path: nodeFs },
    },
    {
      name: "net-in-its-rooms",
      severity: "error",
      comment:
        "Sockets are opened in io, storage, providers, api, notifications and (whether something answers) the scheduler.",
      from: {
        path: "^(src-main|src-core|src-preload|workers)/",
        pathNot: `^workers/(io|storage|providers)/|^src-main/(api|notifications|scheduler)/|${tests}|/testing/`,
      },
      to: { path: nodeNet },
    },
    {
      name: "mail-in-notifications",
      severity: "error",
      comment: "Mails are sent by src-main/notifications: write a delivery, and its outbox sends it.",
      from: { pathNot: `^src-main/notifications/|${tests}` },
      to: { path: `${packages}nodemailer/` },
    },
    {
      name: "no-circular",
      severity: "error",
      comment: "Break the circle: move what both need into a file below them.",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-orphans",
      severity: "error",
      comment: "Nothing imports this file: delete it or wire it in.",
      from: {
        orphan: true,
        pathNot: `${tests}|\\.config\\.(ts|mjs)$|^\\.dependency-cruiser\\.mjs$|\\.d\\.ts$|^(scripts|bench|e2e)/|/index\\.tsx?$|^workers/((source|schedule)-)?entry\\.ts$`,
      },
      to: {},
    },
    {
      name: "tests-are-imported-by-nobody",
      severity: "error",
      comment: "Move what is shared between tests into a testing/ folder.",
      from: {},
      to: { path: tests },
    },
    {
      name: "testing-only-for-tests",
      severity: "error",
      comment: "testing/ folders hold test material: the product does not ship it.",
      from: { pathNot: `${tests}|${testing}` },
      to: { path: "/testing/" },
    },
    {
      name: "every-file-has-a-room",
      severity: "error",
      comment: "A file outside the known folders: see docs/architecture.md for where it belongs.",
      from: { pathNot: rooms },
      to: {},
    },
    {
      name: "no-dev-surprises",
      severity: "error",
      comment: "The import resolves to nothing: install the package or correct the path.",
      from: {},
      to: { couldNotResolve: true, pathNot: "\\.css$|\\?|^virtual:" },
    },
  ],
  options: {
    parser: "swc",
    doNotFollow: { path: "node_modules" },
    // kernels/ is AssemblyScript: one program of its own, which nothing here can import.
    exclude: { path: "^(out|dist|coverage|workers/codec/kernels)/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types", "browser"],
      extensions: [".ts", ".tsx", ".mjs", ".js", ".json", ".css", ".d.ts"],
      mainFields: ["module", "main", "types", "typings"],
    },
  },
};
