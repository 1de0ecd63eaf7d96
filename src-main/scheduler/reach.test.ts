import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { addressOf, answers } from "./reach.ts";

describe("what is meant", () => {
  it.each([
    ["nas.lan:445", { host: "nas.lan", port: 445 }],
    ["10.0.0.7:22", { host: "10.0.0.7", port: 22 }],
    ["[fe80::1]:443", { host: "fe80::1", port: 443 }],
    ["https://vc.lan", { host: "vc.lan", port: 443 }],
    ["http://vc.lan/sdk?x=1", { host: "vc.lan", port: 80 }],
    ["https://[::1]:8443/", { host: "::1", port: 8443 }],
    ["qemu+ssh://root@kvm1/system", { host: "kvm1", port: 22 }],
    ["qemu+tls://kvm1/system", { host: "kvm1", port: 16514 }],
    ["qemu+tcp://kvm1:9000/system", { host: "kvm1", port: 9000 }],
  ])("%s", (target, address) => expect(addressOf(target)).toEqual(address));

  it.each(["", "nas.lan", "/srv/machines", ":22", "nas.lan:", "nas.lan:0", "nas.lan:65536", "a b:22", "ftp://nas.lan"])(
    "nothing by %j",
    (target) => expect(addressOf(target)).toBeNull(),
  );
});

describe("whether it answers", () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });
  const listening = async (host: string): Promise<{ port: number; server: Server }> => {
    const server = createServer().listen(0, host);
    servers.push(server);
    await once(server, "listening");
    return { port: (server.address() as AddressInfo).port, server };
  };

  it("what listens does, and is left again at once", async () => {
    const { port, server } = await listening("127.0.0.1");
    const ended = new Promise((resolve) => server.once("connection", (socket) => socket.resume().once("end", resolve)));
    expect(await answers({ host: "127.0.0.1", port })).toBe(true);
    await ended;
  });

  it("also by a name that has several addresses, of which one listens", async () => {
    const { port } = await listening("127.0.0.1");
    expect(await answers({ host: "localhost", port })).toBe(true);
  });

  it("a port that is closed does not", async () => {
    const { port, server } = await listening("127.0.0.1");
    server.close();
    await once(server, "close");
    expect(await answers({ host: "127.0.0.1", port })).toBe(false);
  });

  it("a name that nobody knows does not", async () => {
    expect(await answers({ host: "nobody.invalid", port: 443 })).toBe(false);
  });

  it("what says nothing in time does not, also where it is the name that is not resolved", async () => {
    const began = performance.now();
    const silent = { timeoutMs: 100, lookup: () => {} };
    expect(await answers({ host: "nobody.invalid", port: 443 }, silent)).toBe(false);
    expect(performance.now() - began).toBeGreaterThan(90);
    expect(performance.now() - began).toBeLessThan(4_000);
  });
});
