/** Logging in, staying logged in, and whom to trust: against the lab vCenter, with faults. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startVsphereLab, type VsphereLab } from "../../../e2e/servers/vsphere-lab.ts";
import type { AppError } from "../../../src-core/model/error.ts";
import type { Connection } from "../provider.ts";
import { testContext } from "../testing/test-context.ts";
import { failureOf } from "./testing/failure.ts";
import { connectLab, labConfig, QUICK, secretOf } from "./testing/lab-bench.ts";
import { vsphereWith } from "./vsphere.ts";

let lab: VsphereLab;
let id = "";
beforeAll(async () => {
  lab = await startVsphereLab({ machines: [{ name: "vm", disks: [{ capacityBytes: 1024 * 1024 }] }] });
  id = lab.machines[0]?.moref ?? "";
});
afterAll(() => lab.stop());
beforeEach(async () => {
  await lab.control.rules();
  await lab.control.knobs({ quotedCookie: true, goPrefix: false, sessionIdleMs: 0, maxSessions: 0 });
  await lab.control.resetStats();
});

const hexOf = (fingerprint: string) => fingerprint.replaceAll(":", "").toLowerCase();
async function withLab<T>(
  work: (connection: Connection) => Promise<T>,
  options: Parameters<typeof connectLab>[1] = {},
): Promise<T> {
  const connection = await connectLab(lab, options);
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

describe("trust", () => {
  const connectAs = (trust: ReturnType<typeof labConfig>["trust"]) =>
    failureOf(connectLab(lab, { config: { ...labConfig(lab), trust } }));

  it("tells in full which certificate was shown, before anything was sent", async () => {
    for (const trust of [{ kind: "system" }, { kind: "pinned", fingerprint: "0".repeat(64) }] as const) {
      const error = await connectAs(trust);
      expect(error.code).toBe("source.certificate");
      expect(error.details).toMatchObject({
        fingerprint: hexOf(lab.fingerprint),
        subject: expect.stringContaining("CN="),
      });
      for (const name of ["validFrom", "validTo"]) expect(Date.parse(String(error.details?.[name]))).not.toBeNaN();
    }
    expect((await lab.control.stats()).counts).toEqual({});
  });

  it("takes the certificate that was pinned, and no other", async () => {
    const pinned = { ...labConfig(lab), trust: { kind: "pinned", fingerprint: hexOf(lab.fingerprint) } } as const;
    await withLab(async (connection) => expect((await connection.machine(id)).name).toBe("vm"), { config: pinned });
    expect((await connectAs({ kind: "pinned", fingerprint: hexOf(lab.hostFingerprint) })).code).toBe(
      "source.certificate",
    );
  });

  it("does not take a certificate of the right authority for another name", async () => {
    const address = lab.url.replace("127.0.0.1", "127.0.0.2");
    const error = await failureOf(connectLab(lab, { config: { ...labConfig(lab), address } }));
    expect(error.code).toMatch(/^source\.(certificate|unreachable)$/);
  });
});

describe("addresses that lead nowhere are told apart", () => {
  it.each([
    ["https://no-such-host.invalid", "source.unreachable", /name/],
    ["https://127.0.0.1:1", "source.unreachable", /refuses/],
    ["ftp://x", "source.unreachable", /not the address/],
    ["https://user:geheim@x", "source.unreachable", /not the address/],
  ])("%s", async (address, code, why) => {
    const error = await failureOf(connectLab(lab, { config: { ...labConfig(lab), address } }));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(why);
    expect(error.message).not.toContain("geheim");
  });
});

describe("a session", () => {
  it.each([
    { quotedCookie: true, goPrefix: false },
    { quotedCookie: false, goPrefix: true },
  ])("sends its cookie back as it came: %o", async (knobs) => {
    await lab.control.knobs(knobs);
    await withLab(async (connection) => {
      expect((await connection.machine(id)).name).toBe("vm");
      expect((await lab.control.stats()).counts["sdk.Login"]).toBe(1);
    });
  });

  it("that the server forgot is made anew, once for all that ask", async () => {
    await withLab(async (connection) => {
      await lab.control.expire();
      await Promise.all([connection.machine(id), connection.machine(id), connection.leftovers()]);
      expect((await lab.control.stats()).counts["sdk.Login"]).toBe(2);
    });
  });

  it("whose password was changed meanwhile ends with source.auth", async () => {
    let password = lab.password;
    const context = { ...testContext(secretOf(""), []), secret: async () => secretOf(password) };
    const connection = await vsphereWith(QUICK).connect(labConfig(lab), context);
    password = "old";
    await lab.control.expire();
    expect((await failureOf(connection.leftovers())).code).toBe("source.auth");
    await connection.close();
  });

  it("is kept alive while nothing is asked", async () => {
    await withLab(
      async () => {
        await lab.control.knobs({ sessionIdleMs: 400 });
        await new Promise((resolve) => setTimeout(resolve, 1200));
        expect((await lab.control.stats()).sessions).toBeGreaterThan(0);
      },
      { tuning: { ...QUICK, keepAliveMs: 100 } },
    );
  });

  it("is given back at the end, also when connecting failed half-way", async () => {
    const before = (await lab.control.stats()).sessions;
    await withLab(async () => expect((await lab.control.stats()).sessions).toBe(before + 1));
    expect((await lab.control.stats()).sessions).toBe(before);
    await lab.control.knobs({ maxSessions: before === 0 ? 1 : before });
    await withLab(async () => {
      const error = await failureOf(connectLab(lab));
      expect(error.code).toBe("source.busy");
      expect(error.retryable).toBe(true);
    });
  });

  it("is given up when the source is", async () => {
    const stop = new AbortController();
    const connection = await connectLab(lab, { signal: stop.signal });
    await lab.control.rules({ kind: "sdk", method: "RetrievePropertiesEx", delayMs: 20_000 });
    const asked = failureOf(connection.machine(id));
    setTimeout(() => stop.abort(), 50);
    expect((await asked).code).toMatch(/^(job\.canceled|source\.lost)$/);
    await connection.close();
  });
});

describe("answers that mean harm", () => {
  it.each([
    ["entityBomb", /document type/],
    ["doctype", /document type/],
    ["notXml", /not with an answer of the vSphere API/],
    ["truncated", /cannot be read/],
    ["deep", /nested deeper/],
    ["huge", /longer than/],
  ] as const)("%s", async (body, why) => {
    await withLab(async (connection) => {
      await lab.control.rules({ kind: "sdk", method: "RetrievePropertiesEx", body });
      // A call whose answer is held as a whole; the huge one would be taken piece by piece.
      if (body === "huge") await lab.control.rules({ kind: "sdk", method: "CreateContainerView", body });
      const error: AppError = await failureOf(body === "huge" ? connection.leftovers() : connection.machine(id));
      expect(error.code).toBe("source.protocol");
      expect(error.message).toMatch(why);
    });
  });

  it.each([
    [{ status: 503 }, "source.busy"],
    [{ status: 404 }, "source.protocol"],
    [{ fault: "RuntimeFault", message: "the database is full" }, "source.refused"],
  ] as const)("%o", async (what, code) => {
    await withLab(async (connection) => {
      await lab.control.rules({ kind: "sdk", method: "RetrievePropertiesEx", ...what });
      expect((await failureOf(connection.machine(id))).code).toBe(code);
    });
  });

  it("a connection that is cut once is no matter for a call that only reads", async () => {
    await withLab(async (connection) => {
      await lab.control.rules({ kind: "sdk", method: "RetrievePropertiesEx", cutAfter: 0, times: 1 });
      expect((await connection.machine(id)).name).toBe("vm");
      await lab.control.rules({ kind: "sdk", method: "RetrievePropertiesEx", cutAfter: 0 });
      expect((await failureOf(connection.machine(id))).code).toBe("source.lost");
    });
  });
});

describe("the test of an account", () => {
  it("names the privileges that are missing, exactly", async () => {
    const missing = ["VApp.Export", "Datastore.FileManagement", "VirtualMachine.State.RevertToSnapshot"];
    await lab.control.account({ username: "poor", password: "pw-of-poor", missing });
    const options = { config: { ...labConfig(lab), username: "poor" }, password: "pw-of-poor" };
    await withLab(async (connection) => {
      const checks = await connection.test();
      expect(checks.flatMap((check) => (check.id === "hosts" ? [] : check.missing)).sort()).toEqual(
        [...missing].sort(),
      );
      expect(checks.find(({ id: one }) => one === "snapshot")?.ok).toBe(true);
      expect(checks.find(({ id: one }) => one === "files")).toMatchObject({
        ok: false,
        remedy: expect.stringContaining("Datastore.FileManagement"),
      });
    }, options);
  });

  it("goes on where nothing can be seen", async () => {
    await lab.control.account({ username: "blind", password: "pw-of-blind", missing: ["System.View"] });
    const options = { config: { ...labConfig(lab), username: "blind" }, password: "pw-of-blind" };
    await withLab(async (connection) => {
      expect(await connection.test()).toContainEqual(
        expect.objectContaining({ ok: false, missing: expect.arrayContaining(["System.View"]) }),
      );
    }, options);
  });
});
