// Packages for Linux, Windows and macOS. Everything of ours is bundled into out/; better-sqlite3 travels as a package, and on Linux
// koffi, which asks for the holes of files (docs/adr/0012-hole-maps.md).

/** What goes into app.asar. Of better-sqlite3's prebuilt libraries only the one of the platform. */
const filesFor = (platform) => [
  "out/**",
  "resources/icons/*.png",
  "package.json",
  // Node for developers, and the headers better-sqlite3 is compiled with: neither runs in the program.
  "!node_modules/node-*/**",
  "!node_modules/better-sqlite3/{src,deps,binding.gyp}",
  `!node_modules/better-sqlite3/prebuilds/!(${platform}-\${arch}).node`,
  // Of koffi its JavaScript; the library itself comes as a package of the platform's.
  "!node_modules/koffi/{lib,vendor,cnoke.cjs}",
  "!node_modules/koffi/src/koffi/{CMakeLists.txt,src/abi}",
  "!node_modules/koffi/src/koffi/src/*.{cc,hh,inc,def}",
  ...(platform === "linux" ? [] : ["!node_modules/{koffi,@koromix}/**"]),
  "!**/*.{md,map,d.ts}",
];

/** @type {import("electron-builder").Configuration} */
export default {
  appId: "io.hypersdk.desktop",
  productName: "HyperSDK Desktop",
  copyright: "Apache-2.0, the HyperSDK Desktop authors",
  directories: { output: "dist", buildResources: "resources/icons" },
  asar: true,
  // A library can only be loaded from a file of its own.
  asarUnpack: ["**/*.node"],
  // better-sqlite3 brings libraries of the stable Node ABI: nothing is compiled.
  npmRebuild: false,
  electronLanguages: ["en-US"],
  publish: null,
  electronFuses: {
    // Nothing starts Electron as plain Node. Running plug-ins in child processes will need this, and its own decision.
    runAsNode: false,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    // The pages come from app://, never from file://.
    grantFileProtocolExtraPrivileges: false,
  },
  linux: {
    target: ["AppImage", "deb"],
    executableName: "hypersdk-desktop",
    icon: "resources/icons",
    category: "System",
    synopsis: "Converts, verifies and backs up virtual machine disks",
    maintainer: "The HyperSDK Desktop authors",
    files: filesFor("linux"),
  },
  win: {
    target: ["nsis"],
    icon: "resources/icons/icon.ico",
    requestedExecutionLevel: "asInvoker",
    files: filesFor("win32"),
  },
  nsis: { oneClick: false, perMachine: false, allowToChangeInstallationDirectory: true },
  mac: {
    target: ["dmg"],
    icon: "resources/icons/icon.icns",
    category: "public.app-category.utilities",
    hardenedRuntime: true,
    files: filesFor("darwin"),
  },
};
