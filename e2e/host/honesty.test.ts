/** The stand-in claims nothing that Electron does not have, and says by name what it lacks. */
import { describe, expect, it } from "vitest";
import { app } from "./app.ts";
import { BrowserWindow } from "./browser-window.ts";
import { nativeTheme, powerMonitor, powerSaveBlocker, screen } from "./desktop.ts";
import { dialog, shell } from "./dialog.ts";
import { electronMembers } from "./electron-types.ts";
import { claims } from "./honesty.ts";
import { ipcMain } from "./ipc-main.ts";
import { Menu } from "./menu.ts";
import { nativeImage } from "./native-image.ts";
import { Notification } from "./notification.ts";
import { MessagePortMain } from "./ports.ts";
import { safeStorage } from "./safe-storage.ts";
import { protocol, session } from "./session.ts";
import { Tray } from "./tray.ts";
import { webContents } from "./web-contents.ts";

const menu = Menu.buildFromTemplate([{ label: "An item" }]);
const port = new MessagePortMain({ post: () => {}, closed: () => {} });
const image = nativeImage.createFromPath("/nowhere.png");
const things: Record<string, object> = {
  ...{
    app,
    "app.commandLine": app.commandLine,
    BrowserWindow,
    dialog,
    ipcMain,
    Menu,
    menu,
    nativeImage,
    image,
    nativeTheme,
  },
  ...{
    notification: new Notification(),
    Notification,
    port,
    powerMonitor,
    powerSaveBlocker,
    protocol,
    safeStorage,
    screen,
    session,
  },
  ...{ "session.defaultSession": session.defaultSession, shell, tray: new Tray(image), Tray, webContents },
  item: menu.items[0] ?? {},
};

describe("what the stand-in lacks", () => {
  it.each(Object.entries(things))("throws by name on %s", (_name, thing) => {
    const read = (key: string) => (thing as Record<string, unknown>)[key];
    expect(() => read("noSuchMember")).toThrow(/^The stand-in for Electron has no .*\.noSuchMember\.$/);
  });
  it("throws on a member that Electron does have", () => {
    const real = app as unknown as { moveToApplicationsFolder(): boolean };
    expect(() => real.moveToApplicationsFolder()).toThrow(
      "The stand-in for Electron has no app.moveToApplicationsFolder.",
    );
  });
  it("leaves what Node looks for alone", async () => {
    expect(await Promise.resolve(app)).toBe(app);
    expect(`${Object.prototype.toString.call(dialog)}`).toBe("[object Object]");
    app.once("made-up", () => {});
    expect(app.emit("made-up")).toBe(true);
  });
});

describe("what the stand-in has, Electron has", () => {
  it.each(claims.map((claim) => [`${claim.isStatic ? "static " : ""}${claim.type}`, claim] as const))(
    "%s",
    (_name, claim) => {
      const real = electronMembers(claim.type, claim.isStatic);
      expect(claim.members().filter((name) => !real.has(name))).toEqual([]);
    },
  );

  it("covers every class, so that none is forgotten", () => {
    const types = new Set(claims.map((claim) => claim.type));
    expect([...types].sort()).toEqual(
      [
        ...["App", "BrowserWindow", "CommandLine", "Dialog", "IpcMain", "Menu", "MenuItem", "MessagePortMain"],
        ...[
          "NativeImage",
          "NativeTheme",
          "Notification",
          "PowerMonitor",
          "PowerSaveBlocker",
          "Protocol",
          "SafeStorage",
          "Screen",
          "Session",
        ],
        ...["Shell", "Tray", "WebContents"],
      ].sort(),
    );
  });

  it("finds a member that Electron does not have", () => {
    expect(electronMembers("App", false).has("quit")).toBe(true);
    expect(electronMembers("BrowserWindow", false).has("getNormalBounds")).toBe(true); // inherited
    expect(electronMembers("App", false).has("leave")).toBe(false);
    expect(electronMembers("BrowserWindow", true).has("getAllWindows")).toBe(true);
  });
});
