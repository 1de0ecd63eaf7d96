/** The test of a source: what the account may do, by the least-privilege role; and whether the ESXi hosts can be reached. */
import { AppError } from "../../../src-core/model/error.ts";
import { clip } from "../../../src-core/model/inventory-limits.ts";
import type { ProbeCheck } from "../../../src-core/model/source.ts";
import { missingPrivileges } from "./calls/privileges.ts";
import { createContainerView, destroyView, retrieve, viewStart } from "./calls/properties.ts";
import { HostDoor } from "./http/host-door.ts";
import { ROLE, type RoleNeed } from "./role.ts";
import type { Session } from "./session.ts";
import type { Ref } from "./soap/read-value.ts";

/** Rights may differ from machine to machine: so many are looked at. */
const SAMPLE = 50;
const HOSTS = 8;
const HOST_MS = 5000;

interface Sample {
  readonly root: Ref[];
  readonly machine: Ref[];
  readonly datastore: Ref[];
  readonly hosts: { readonly name: string; readonly thumbprint: string | null }[];
}

/** Never throws for what the account may not do: that is a line. @throws AppError source.lost, source.auth, job.canceled */
export async function testAccount(session: Session, signal: AbortSignal): Promise<ProbeCheck[]> {
  const { fullName, version } = session.content;
  const checks: ProbeCheck[] = [check("login", "Log in", true, [], `${fullName}, version ${version}`, null)];
  let sample: Sample;
  try {
    sample = await takeSample(session, signal);
  } catch (error) {
    const { message, code } = AppError.from(error);
    if (!/^source\.(privilege|refused|unsupported|protocol)$/.test(code)) throw error;
    const missing = ["System.View", "System.Read"];
    return [
      ...checks,
      check(
        "browse",
        "See the inventory",
        false,
        missing,
        message,
        "Give the account the role of docs/vsphere-role.md at the top of the inventory.",
      ),
    ];
  }
  const seen = sample.machine.length > 0;
  const some = seen ? "The account sees machines." : "The account sees no machine.";
  const remedy = seen
    ? null
    : "Assign the role at the vCenter's top (propagating to children), or at the folder with the machines.";
  checks.push(check("machines", "See machines", seen, [], some, remedy));
  for (const need of ROLE) checks.push(await testNeed(session, need, sample[need.on], signal));
  if (session.content.isVCenter) checks.push(await testHosts(sample, signal));
  return checks;
}

async function testNeed(
  session: Session,
  need: RoleNeed,
  objects: readonly Ref[],
  signal: AbortSignal,
): Promise<ProbeCheck> {
  const manager = session.content.authorizationManager;
  if (manager === null || objects.length === 0) {
    return check(need.id, need.label, true, [], "There is nothing to look at.", null);
  }
  try {
    const answers = [...(await missingPrivileges(session, manager, objects, need.privileges, signal)).values()];
    const missing = need.privileges.filter((privilege) => answers.some((lacks) => lacks.includes(privilege)));
    if (missing.length === 0) return check(need.id, need.label, true, [], "All privileges are there.", null);
    const lacking = answers.filter((lacks) => lacks.length > 0).length;
    const where = need.on === "root" ? "at the top of the inventory" : `on ${lacking} of ${answers.length} ${need.on}s`;
    const message = `Missing ${where}: ${missing.join(", ")}. ${need.without}`;
    return check(
      need.id,
      need.label,
      false,
      missing,
      message,
      `Add ${missing.join(", ")} to the account's role (docs/vsphere-role.md).`,
    );
  } catch (error) {
    const { message, code } = AppError.from(error);
    if (!/^source\.(privilege|refused|unsupported)$/.test(code)) throw error;
    return check(need.id, need.label, false, [], `It cannot be found out: ${message}`, null);
  }
}

/** Streams of disks come from the hosts themselves. */
async function testHosts(sample: Sample, signal: AbortSignal): Promise<ProbeCheck> {
  const label = "Reach the ESXi hosts";
  const failures = await Promise.all(sample.hosts.map(({ name, thumbprint }) => hostProblem(name, thumbprint, signal)));
  const problems = failures.filter((failure) => failure !== null);
  const count = sample.hosts.length;
  if (problems.length === 0) return check("hosts", label, true, [], `${count} of ${count} hosts answer.`, null);
  const message = `${problems.length} of ${count} hosts cannot be reached: ${problems.join("; ")}. Disks cannot be read from them as streams.`;
  return check(
    "hosts",
    label,
    false,
    [],
    message,
    "Make their names known to this computer (DNS or hosts file), and let HTTPS (port 443) to them through the firewall.",
  );
}

async function hostProblem(name: string, thumbprint: string | null, signal: AbortSignal): Promise<string | null> {
  const host = name.includes(":") && !name.startsWith("[") ? `[${name}]` : name;
  if (!/^[\w.:[\]-]{1,255}$/.test(host)) return `'${clip(name, 100)}' is no name of a host`;
  const soon = AbortSignal.any([signal, AbortSignal.timeout(HOST_MS)]);
  const door = new HostDoor(
    `https://${host}`,
    thumbprint === null ? { kind: "system" } : { kind: "thumbprint", thumbprint },
    1,
  );
  try {
    const answer = await door.dispatcher.request({ path: "/", method: "HEAD", signal: soon });
    await answer.body.dump();
    return null;
  } catch (error) {
    if (signal.aborted) throw new AppError("job.canceled");
    return soon.aborted ? `${host} does not answer` : clip(door.translate(error, soon).message, 200);
  } finally {
    await door.close();
  }
}

async function takeSample(session: Session, signal: AbortSignal): Promise<Sample> {
  const sample: Sample = { root: [session.content.rootFolder], machine: [], datastore: [], hosts: [] };
  const view = await createContainerView(session, ["VirtualMachine", "Datastore", "HostSystem"], signal);
  try {
    const wanted = [
      { type: "VirtualMachine", paths: ["name"] },
      { type: "Datastore", paths: ["name"] },
      { type: "HostSystem", paths: ["name", "summary.config.sslThumbprint"] },
    ];
    for await (const objects of retrieve(session, wanted, [viewStart(view)], signal)) {
      for (const { object, properties } of objects) {
        if (object.type === "VirtualMachine" && sample.machine.length < SAMPLE) sample.machine.push(object);
        if (object.type === "Datastore" && sample.datastore.length < SAMPLE) sample.datastore.push(object);
        if (object.type === "HostSystem" && sample.hosts.length < HOSTS) {
          const thumbprint = properties.get("summary.config.sslThumbprint")?.text || null;
          sample.hosts.push({ name: properties.get("name")?.text ?? "", thumbprint });
        }
      }
    }
  } finally {
    await destroyView(session, view, signal).catch(() => {});
  }
  return sample;
}

function check(
  id: string,
  label: string,
  ok: boolean,
  missing: readonly string[],
  message: string,
  remedy: string | null,
): ProbeCheck {
  return { id, label, ok, missing: [...missing], message: clip(message, 2048), remedy };
}
