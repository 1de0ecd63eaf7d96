/** The lab's doors, sessions, locks and faults on demand: each is seen on the wire, with a client that forgives nothing. */
import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startVsphereLab, type VsphereLab } from "./vsphere-lab.ts";
import type { LabMachine } from "./vsphere-lab-control.ts";
import { type LabAnswer, labFile, labGet, labLogin, labSoap } from "./vsphere-lab-http.ts";

const MIB = 2 ** 20;
const CAPACITY = 3 * MIB + 512;

let lab: VsphereLab;
let cookie: string;

beforeAll(async () => {
  lab = await startVsphereLab({
    machines: [
      { name: "off", disks: [{ capacityBytes: CAPACITY, stamp: 5 }] },
      { name: "on", poweredOn: true, disks: [{ capacityBytes: CAPACITY, stamp: 6 }] },
      { name: "vsan", datastore: "vsanDatastore", disks: [{ capacityBytes: MIB }] },
      { name: "lun", disks: [{ capacityBytes: MIB, kind: "rdmPhysical", mode: "independent_persistent" }] },
      {
        name: "sealed",
        encrypted: true,
        tpm: true,
        firmware: "efi",
        secureBoot: true,
        disks: [{ capacityBytes: MIB }],
      },
    ],
  });
  cookie = await labLogin(lab);
}, 180_000);

afterEach(async () => {
  await lab.control.rules();
});

afterAll(() => lab?.stop());

function machine(name: string): LabMachine {
  const found = lab.machines.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

const flat = (name: string) => machine(name).disks[0]?.flatPath ?? "";
const get = (name: string, headers: Record<string, string> = {}) =>
  labGet(lab, labFile(lab, flat(name)), { headers: { cookie, ...headers } });
const call = (method: string, vm: string, inner = "", type = "VirtualMachine") =>
  labSoap(lab, `<${method} xmlns="urn:vim25"><_this type="${type}">${vm}</_this>${inner}</${method}>`, cookie);
const text = (answer: LabAnswer) => answer.body.toString();

const SNAPSHOT = "<name>s</name><memory>false</memory><quiesce>false</quiesce>";

/** Opens a lease of a machine and waits for its first URL. */
async function lease(vm: string): Promise<{ id: string; url: string }> {
  const id = /<returnval type="HttpNfcLease">([^<]+)/.exec(text(await call("ExportVm", vm)))?.[1] ?? "";
  let url = "";
  await expect
    .poll(async () => {
      url = /<url>([^<]+)/.exec(text(await leaseState(id)))?.[1] ?? "";
      return url;
    })
    .not.toBe("");
  return { id, url: url.replaceAll("&amp;", "&") };
}

function leaseState(id: string, { action = "urn:vim25/7.0", to = lab, as = cookie } = {}): Promise<LabAnswer> {
  const collector = to === lab ? "propertyCollector" : "ha-property-collector";
  return labSoap(
    to,
    `<RetrievePropertiesEx xmlns="urn:vim25"><_this type="PropertyCollector">${collector}</_this><specSet><propSet><type>HttpNfcLease</type><pathSet>state</pathSet><pathSet>info</pathSet><pathSet>error</pathSet></propSet><objectSet><obj type="HttpNfcLease">${id}</obj></objectSet></specSet><options/></RetrievePropertiesEx>`,
    as,
    action,
  );
}

describe("/folder", () => {
  it("asks for a session, with its cookie byte for byte", async () => {
    expect(cookie).toMatch(/^vmware_soap_session="[^"]+"$/);
    const bare = cookie.replaceAll('"', "");
    for (const wrong of ["", bare, 'vmware_soap_session="x"']) {
      expect((await get("off", { cookie: wrong })).status).toBe(401);
    }
    expect((await get("off")).body.equals(readFileSync(machine("off").disks[0]?.truth ?? ""))).toBe(true);
  });

  it("gives a session for a name and password, each time a new one", async () => {
    const basic = `Basic ${Buffer.from(`${lab.username}:${lab.password}`).toString("base64")}`;
    const before = (await lab.control.stats()).sessions;
    expect((await labGet(lab, labFile(lab, flat("off")), { headers: { authorization: basic } })).status).toBe(200);
    expect((await labGet(lab, labFile(lab, flat("off")), { headers: { authorization: `${basic}x` } })).status).toBe(
      401,
    );
    expect((await lab.control.stats()).sessions).toBe(before + 1);
  });

  it("answers ranges, HEAD, and 416", async () => {
    const whole = readFileSync(machine("off").disks[0]?.truth ?? "");
    const part = await get("off", { range: "bytes=1000-1999" });
    expect(part.status).toBe(206);
    expect(part.headers["content-range"]).toBe(`bytes 1000-1999/${CAPACITY}`);
    expect(part.body.equals(whole.subarray(1000, 2000))).toBe(true);
    const tail = await get("off", { range: `bytes=${CAPACITY - 10}-${CAPACITY + 99}` });
    expect(tail.headers["content-range"]).toBe(`bytes ${CAPACITY - 10}-${CAPACITY - 1}/${CAPACITY}`);
    expect((await get("off", { range: `bytes=${CAPACITY}-` })).status).toBe(416);
    const head = await labGet(lab, labFile(lab, flat("off")), { method: "HEAD", headers: { cookie } });
    expect([head.status, head.headers["content-length"], head.headers["accept-ranges"]]).toEqual([
      200,
      `${CAPACITY}`,
      "bytes",
    ]);
  });

  it("knows its datacenter by path, its files and nothing outside", async () => {
    const url = labFile(lab, flat("off"));
    expect((await labGet(lab, url.replace(/dcPath=Europe%2F/, "dcPath="), { headers: { cookie } })).status).toBe(404);
    expect((await labGet(lab, url.replace("datastore1", "other"), { headers: { cookie } })).status).toBe(404);
    expect((await labGet(lab, labFile(lab, "..%2f..%2fetc/passwd"), { headers: { cookie } })).status).toBe(404);
    expect((await get("vsan")).status).toBe(404);
    expect((await get("lun")).status).toBe(404);
  });

  it("locks what a running machine writes to; with lockedChain the whole chain", async () => {
    expect((await get("on")).status).toBe(500);
    await call("CreateSnapshot_Task", machine("on").moref, SNAPSHOT);
    await expect.poll(async () => (await lab.control.machine("on")).snapshots.length).toBe(1);
    expect((await get("on")).status).toBe(200);
    expect((await labGet(lab, labFile(lab, "on/on-000001-sesparse.vmdk"), { headers: { cookie } })).status).toBe(500);
    await lab.control.knobs({ lockedChain: true });
    expect((await get("on")).status).toBe(500);
    await lab.control.knobs({ lockedChain: false });
  });

  it("answers 503 above its limit", async () => {
    await lab.control.knobs({ maxFolderRequests: 2 });
    await lab.control.rules({ kind: "folder", bytesPerSecond: 10 * MIB });
    const answers = await Promise.all([1, 2, 3, 4].map(() => get("off")));
    expect(answers.map((each) => each.status).sort()).toEqual([200, 200, 503, 503]);
    expect((await lab.control.stats()).highest.folder).toBeGreaterThan(2);
    await lab.control.knobs({ maxFolderRequests: 0 });
  });

  it("takes a service ticket at the host's door, once", async () => {
    const url = labFile(lab, flat("off"), "datastore1", lab.hostUrl);
    const spec = `<spec xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="SessionManagerHttpServiceRequestSpec"><method>httpGet</method><url>${url.replaceAll("&", "&amp;")}</url></spec>`;
    const answer = text(await call("AcquireGenericServiceTicket", "SessionManager", spec, "SessionManager"));
    const ticket = /<id>([^<]+)/.exec(answer)?.[1] ?? "";
    expect(answer).toContain(`<sslThumbprint>${lab.hostThumbprint}`);
    const use = () => labGet(lab, url, { headers: { cookie: `vmware_cgi_ticket="${ticket}"` } });
    expect((await use()).status).toBe(200);
    expect((await use()).status).toBe(401);
  });
});

describe("faults of the wire", () => {
  const whole = () => readFileSync(machine("off").disks[0]?.truth ?? "");

  it.each(["cutAfter", "shortAfter"] as const)("%s: the body ends before its length", async (kind) => {
    await lab.control.rules({ id: "r", kind: "folder", times: 1, [kind]: 100_000 });
    const answer = await get("off");
    expect([answer.status, answer.headers["content-length"], answer.whole]).toEqual([200, `${CAPACITY}`, false]);
    expect(answer.body.length).toBeLessThanOrEqual(100_000);
    expect((await lab.control.stats()).rules.r).toBe(1);
    expect((await get("off")).body.equals(whole())).toBe(true);
  });

  it("200 where 206 was asked, a wrong Content-Range, a flipped byte, a status", async () => {
    const range = { range: "bytes=512-1023" };
    await lab.control.rules({ kind: "folder", onlyRange: true, ignoreRange: true });
    expect([(await get("off", range)).status, (await get("off", range)).body.length]).toEqual([200, CAPACITY]);
    await lab.control.rules({ kind: "folder", rangeShift: 512 });
    expect((await get("off", range)).headers["content-range"]).toBe(`bytes 1024-1535/${CAPACITY}`);
    await lab.control.rules({ kind: "folder", flip: 3 });
    expect((await get("off", range)).body[3]).toBe((whole()[515] ?? 0) ^ 0xff);
    await lab.control.rules({ kind: "folder", status: 503, retryAfter: 2, skip: 1, times: 2 });
    const statuses = [];
    for (let n = 0; n < 4; n += 1) statuses.push((await get("off")).status);
    expect(statuses).toEqual([200, 503, 503, 200]);
  });

  it.each([
    ["entityBomb", "<!ENTITY"],
    ["doctype", "file:///etc/passwd"],
    ["notXml", "<html>"],
    ["truncated", "Envelope"],
    ["deep", "<a><a><a>"],
  ] as const)("/sdk answers %s", async (body, sign) => {
    await lab.control.rules({ kind: "sdk", method: "CurrentTime", times: 1, body });
    expect(text(await call("CurrentTime", "ServiceInstance", "", "ServiceInstance"))).toContain(sign);
    expect(text(await call("CurrentTime", "ServiceInstance", "", "ServiceInstance"))).toContain("CurrentTimeResponse");
  });

  it("a named fault with its fields", async () => {
    await lab.control.rules({
      kind: "sdk",
      method: "ExportVm",
      fault: "NoPermission",
      detail: { privilegeId: "VApp.Export" },
    });
    const answer = await call("ExportVm", machine("off").moref);
    expect(answer.status).toBe(500);
    expect(text(answer)).toMatch(
      /<NoPermissionFault xmlns="urn:vim25" xsi:type="NoPermission">.*<privilegeId>VApp.Export</,
    );
  });

  it("refuses a request with a document type itself", async () => {
    const answer = await labGet(lab, `${lab.url}/sdk`, {
      method: "POST",
      body: '<?xml version="1.0"?><!DOCTYPE x><x/>',
    });
    expect(answer.status).toBe(500);
  });
});

describe("leases", () => {
  it("time out without progress, and their transfers are cut", async () => {
    await lab.control.knobs({ leaseTimeoutMs: 300 });
    const { id, url } = await lease(machine("off").moref);
    await lab.control.rules({ kind: "nfc", bytesPerSecond: 200_000 });
    const answer = await labGet(lab, url);
    expect([answer.status, answer.whole]).toEqual([200, false]);
    expect(text(await leaseState(id))).toContain('xsi:type="Timedout"');
    expect((await labGet(lab, url)).status).toBe(404);
    await lab.control.knobs({ leaseTimeoutMs: 300_000 });
    expect((await lab.control.stats()).leaseEnds.at(-1)?.end).toBe("timeout");
  });

  it("need a version in the SOAPAction to be read", async () => {
    const { id } = await lease(machine("off").moref);
    expect((await leaseState(id, { action: "urn:vim25" })).status).toBe(500);
    expect((await leaseState(id)).status).toBe(200);
    await call("HttpNfcLeaseAbort", id, "", "HttpNfcLease");
    await expect.poll(async () => (await lab.control.stats()).leases).toBe(0);
  });

  it("send truncated streams that look whole, and leave the client with URLs to finish", async () => {
    await lab.control.knobs({ deviceHost: "*", thumbprint: "none" });
    const { id, url } = await lease(machine("off").moref);
    expect(url).toMatch(/^https:\/\/\*\/nfc\//);
    await lab.control.rules({ kind: "nfc", times: 1, endAfter: 70_000 });
    const here = url.replace("https://*", lab.url);
    const short = await labGet(lab, here);
    expect([short.whole, short.body.length]).toEqual([true, 70_000]);
    expect((await labGet(lab, here)).body.length).toBeGreaterThan(70_000);
    await call("HttpNfcLeaseComplete", id, "", "HttpNfcLease");
    await lab.control.knobs({ deviceHost: "host", thumbprint: "right" });
  });

  it("die with a machine that vanishes in the middle", async () => {
    const made = await lab.control.addMachine({ name: "vanishing", disks: [{ capacityBytes: 8 * MIB, stamp: 3 }] });
    const { id, url } = await lease(made.moref);
    await lab.control.rules({ kind: "nfc", vanish: true, afterBytes: 100_000 });
    expect((await labGet(lab, url)).whole).toBe(false);
    expect(text(await leaseState(id))).toContain('xsi:type="ManagedObjectNotFound"');
    expect(text(await call("PowerOnVM_Task", made.moref))).toContain("ManagedObjectNotFoundFault");
  });

  it("are refused for an encrypted machine, and hold no disk that is a LUN", async () => {
    expect(text(await call("ExportVm", machine("sealed").moref))).toContain("InvalidStateFault");
  });
});

describe("accounts and sessions", () => {
  it("name the missing privilege", async () => {
    await lab.control.account({
      username: "few",
      password: "pw",
      missing: ["Datastore.FileManagement", "VApp.Export"],
    });
    const theirs = await labLogin(lab, "few", "pw");
    expect((await get("off", { cookie: theirs })).status).toBe(403);
    const answer = await labSoap(
      lab,
      `<ExportVm xmlns="urn:vim25"><_this type="VirtualMachine">${machine("off").moref}</_this></ExportVm>`,
      theirs,
    );
    expect(text(answer)).toContain("<privilegeId>VApp.Export</privilegeId>");
    expect(await lab.control.expire("few")).toBe(1);
    expect((await get("off", { cookie: theirs })).status).toBe(401);
  });

  it("end after their idle time, and at most so many live", async () => {
    await lab.control.knobs({ sessionIdleMs: 200 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(text(await call("CurrentTime", "ServiceInstance", "", "ServiceInstance"))).toContain(
      "NotAuthenticatedFault",
    );
    await lab.control.knobs({ sessionIdleMs: 0, maxSessions: 1 });
    cookie = await labLogin(lab);
    await expect(labLogin(lab)).rejects.toThrow("Out of HTTP sessions");
    await lab.control.knobs({ maxSessions: 0 });
  });
});

describe("hostile and big inventories", () => {
  it("has names of 10 MB and parents in a circle", async () => {
    await lab.control.rename("lun", { bytes: 10_000_000 });
    const circle = await lab.control.makeCircle();
    const answer = await call(
      "RetrievePropertiesEx",
      "propertyCollector",
      `<specSet><propSet><type>VirtualMachine</type><pathSet>name</pathSet></propSet><objectSet><obj type="VirtualMachine">${machine("lun").moref}</obj></objectSet><objectSet><obj type="VirtualMachine">${circle.moref}</obj></objectSet></specSet><options/>`,
      "PropertyCollector",
    );
    expect(answer.body.length).toBeGreaterThan(10_000_000);
    expect(text(answer)).toContain("in-a-circle");
  });

  it("has 20,000 machines in a few seconds", async () => {
    const started = Date.now();
    await lab.control.fill(20_000);
    expect(Date.now() - started).toBeLessThan(20_000);
    expect((await lab.control.stats()).machines).toBeGreaterThan(20_000);
  });
});

describe("a stand-alone host", () => {
  it("has its own datacenter, which may be left out, and leases with its own address", async () => {
    const esx = await startVsphereLab({
      esx: true,
      machines: [{ name: "one", disks: [{ capacityBytes: MIB, stamp: 1 }] }],
    });
    try {
      const theirs = await labLogin(esx);
      expect(esx.datacenterPath).toBe("ha-datacenter");
      const url = labFile(esx, esx.machines[0]?.disks[0]?.flatPath ?? "").replace(/dcPath=[^&]*&/, "");
      expect((await labGet(esx, url, { headers: { cookie: theirs } })).body.length).toBe(MIB);
      const about = await labSoap(
        esx,
        `<RetrieveServiceContent xmlns="urn:vim25"><_this type="ServiceInstance">ServiceInstance</_this></RetrieveServiceContent>`,
      );
      expect(text(about)).toContain("<apiType>HostAgent</apiType>");
      const answer = await labSoap(
        esx,
        `<ExportVm xmlns="urn:vim25"><_this type="VirtualMachine">${esx.machines[0]?.moref}</_this></ExportVm>`,
        theirs,
      );
      const id = /<returnval type="HttpNfcLease">([^<]+)/.exec(text(answer))?.[1] ?? "";
      await expect
        .poll(async () => text(await leaseState(id, { to: esx, as: theirs })))
        .toContain("<url>https://*/nfc/");
    } finally {
      await esx.stop();
    }
  });
});
