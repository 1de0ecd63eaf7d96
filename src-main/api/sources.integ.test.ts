import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type MachineFolder, makeMachineFolder } from "../../workers/providers/local/testing/machine-folder.ts";
import { startTestApp, type TestApp } from "./testing/test-app.ts";

let test: TestApp;
let made: MachineFolder;
let id: string;
beforeAll(async () => {
  test = await startTestApp();
  made = makeMachineFolder(test.folder);
});
afterAll(() => test.stop());

const get = async (path: string) => JSON.parse((await test.api(`/api/v1${path}`)).text);
const send = (method: string, path: string, body: unknown = {}) => test.api(`/api/v1${path}`, { method, body });

it("kinds, a test that says what is wrong, and a source that is refused", async () => {
  expect((await get("/source-kinds")).map(({ kind }: { kind: string }) => kind)).toContain("local");
  const gone = join(test.folder, "gone");
  const tested = await send("POST", "/sources/test", { kind: "local", address: gone });
  expect(JSON.parse(tested.text)).toMatchObject({ ok: false, error: { code: "source.unreachable" }, checks: [] });
  const added = await send("POST", "/sources", { kind: "local", name: "Gone", address: gone });
  expect([added.status, added.code]).toEqual([503, "source.unreachable"]);
  expect(await get("/sources")).toEqual([]);
});

it("a source that is added, browsed, and asked about a machine", async () => {
  const secret = { password: "s3cret-of-nobody" };
  const added = await send("POST", "/sources", { kind: "local", name: "Folder", address: test.folder, secret });
  expect(added.status).toBe(201);
  ({ id } = JSON.parse(added.text));
  await expect
    .poll(async () => (await get(`/sources/${id}`)).inventory)
    .toMatchObject({ settled: true, machineCount: 5 });
  const page = await get("/machines?sort=cpus&descending=true&limit=2");
  expect(page).toMatchObject({ total: 5, items: [{ name: "web", sourceId: id }, { name: "box" }] });
  const next = await get(`/machines?sort=cpus&descending=true&limit=2&cursor=${page.nextCursor}`);
  expect(next.items).toHaveLength(2);
  expect((await get("/machines?family=windows&search=web")).items).toHaveLength(1);
  expect((await get(`/sources/${id}/nodes`)).map(({ name }: { name: string }) => name)).toContain("box");
  const detail = await get(`/sources/${id}/machine?machineId=${encodeURIComponent(made.vmx)}`);
  expect(detail).toMatchObject({ name: "web", obstacles: [{ code: "disk.unreadable" }] });
  const power = await send("POST", `/sources/${id}/power`, { machineId: made.vmx, action: "on" });
  expect([power.status, power.code]).toEqual([422, "source.unsupported"]);
  expect((await send("POST", `/sources/${id}/power`, { machineId: made.vmx, action: "kick" })).code).toBe(
    "request.invalid",
  );
  expect(await get(`/sources/${id}/leftovers`)).toEqual([]);
  expect((await test.api("/api/v1/machines?cursor=abc")).code).toBe("request.invalid");
  expect((await test.api("/api/v1/sources/none/nodes")).code).toBe("request.not-found");
});

it("views", async () => {
  const saved = JSON.parse((await send("POST", "/views", { name: "Running", show: ["on"] })).text);
  expect(await get("/views")).toEqual([saved]);
  expect((await send("DELETE", `/views/${saved.id}`)).status).toBe(200);
  expect((await send("DELETE", `/views/${saved.id}`)).code).toBe("request.not-found");
});

it("is known again after a restart, also while it is disabled", async () => {
  await send("POST", `/sources/${id}/disable`);
  await test.restart();
  expect(await get(`/sources/${id}`)).toMatchObject({
    enabled: false,
    hasSecret: true,
    connection: { state: "disabled" },
    inventory: { machineCount: 5, knownAt: expect.any(String) },
  });
  expect((await get("/machines")).total).toBe(5);
  expect((await test.api(`/api/v1/sources/${id}/machine?machineId=x`)).code).toBe("source.disconnected");
  await send("POST", `/sources/${id}/enable`);
  await expect.poll(async () => (await get(`/sources/${id}`)).connection.state).toBe("connected");
});

it("no secret lies in any file of the data folder or comes out of a call", async () => {
  const files = readdirSync(test.dataFolder, { recursive: true, encoding: "utf8" })
    .map((name) => join(test.dataFolder, name))
    .filter((path) => statSync(path).isFile());
  expect(files.length).toBeGreaterThan(3);
  for (const path of files) expect(readFileSync(path, "latin1").includes("s3cret-of-nobody"), path).toBe(false);
  expect((await test.api("/api/v1/sources")).text).not.toContain("s3cret");
});

it("goes with all that is known of it", async () => {
  expect((await send("DELETE", `/sources/${id}`)).status).toBe(200);
  expect(await get("/sources")).toEqual([]);
  expect((await get("/machines")).total).toBe(0);
});
