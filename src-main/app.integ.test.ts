/** The program as a whole, where a part of it fails. */
import { expect, it } from "vitest";
import { AppError } from "../src-core/model/error.ts";
import { startTestApp } from "./api/testing/test-app.ts";
import { serviceShell } from "./shell/service/service-shell.ts";

it("runs also where start at login cannot be set", async () => {
  const setStartAtLogin = () => {
    throw new AppError("path.denied", "The autostart folder cannot be written.");
  };
  const program = await startTestApp({ shell: { ...serviceShell(() => {}), setStartAtLogin } });
  expect(await program.api("/api/v1/settings")).toMatchObject({ status: 200 });
  const change = { method: "PATCH", body: { startAtLogin: true } };
  expect(await program.api("/api/v1/settings", change)).toMatchObject({ status: 403, code: "path.denied" });
  await program.stop();
});
