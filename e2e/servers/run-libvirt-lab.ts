/** Starts the libvirt lab by hand: `node e2e/servers/run-libvirt-lab.ts [--ssh] [--agent]`; Ctrl-C ends it. */
import { once } from "node:events";
import { parseArgs } from "node:util";
import { startLibvirtLab } from "./libvirt-lab.ts";

const { values } = parseArgs({ options: { ssh: { type: "boolean" }, agent: { type: "boolean" } } });
const lab = await startLibvirtLab({ ssh: values.ssh ?? false, agent: values.agent ?? false });
const { address, running, off, ssh } = lab;
const door = ssh === null ? null : { address: ssh.address, fingerprint: ssh.fingerprint, privateKey: ssh.privateKey };
console.log(JSON.stringify({ address, running, off, ssh: door }, null, 2));
await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
await lab.stop();
