import { openLab } from "/work/wt/libvirt/workers/providers/libvirt/testing/lab.ts";
import { startSshServer } from "/work/wt/libvirt/e2e/servers/ssh-server.ts";
import { makeDisk } from "/work/wt/libvirt/workers/providers/libvirt/testing/guest.ts";
import { testContext } from "/work/wt/libvirt/workers/providers/testing/test-context.ts";
import { readdirSync } from "node:fs";
const chunk = readdirSync("/work/wt/libvirt/out/main/chunks").find((f) => /^libvirt-.*js$/.test(f));
const { libvirtProvider } = await import(process.argv[2] === "src" ? "/work/wt/libvirt/workers/providers/libvirt/libvirt.ts" : `/work/wt/libvirt/out/main/chunks/${chunk}`);
const lab = await openLab(); const ssh = await startSshServer();
try {
const path = lab.file("big.raw"); makeDisk(path, "raw", { sizeMiB: 512, data: [[0, 512]], seed: 1, guest: "idle" });
const id = lab.session.define("big", [{ target: "vda", format: "raw", path }], { start: true });
for (const [name, address] of [["ssh", `qemu+ssh://${ssh.username}@127.0.0.1:${ssh.port}/session?socket=${lab.session.socket}&scratch=${lab.session.folder}`], ["local", lab.session.address]] as const)
for (const n of [1, 2, 4]) {
const c = await libvirtProvider.connect({ ...lab.config(address), trust: name === "ssh" ? { kind: "pinned", fingerprint: ssh.fingerprint } : { kind: "system" } }, testContext({ password: null, privateKey: ssh.privateKey, passphrase: null }, []));
const s = await c.openExport(id, { mark: "hypersdk-t", quiesce: "no", diskKeys: null, connectionsPerHost: n, resume: null }, new AbortController().signal);
const t = await s.disks[0].open(new AbortController().signal); const b = Buffer.alloc(1 << 20);
const t0 = performance.now(); const cpu = process.cpuUsage(); for (let at = 0; at < t.reader.virtualSizeBytes; at += b.length) await t.reader.read(at, b);
const sec = (performance.now() - t0) / 1000; const u = process.cpuUsage(cpu);
console.log(name, n, (t.reader.virtualSizeBytes / 1e6 / sec).toFixed(0), "MB/s cpu", ((u.user + u.system) / 1e6 / sec * 100).toFixed(0) + "%");
await t.close(); await s.close(false); await c.close();
}
} finally { await ssh.close(); await lab.session.close(); }
