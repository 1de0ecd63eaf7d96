/**
 * A host that is reached through SSH: its sockets, marked files, and programs that live no longer than the connection. Nothing is
 * installed or opened there; the host key is checked before anything of ours is said.
 */
import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { Client, type ClientChannel, type ConnectConfig, type SFTPWrapper } from "ssh2";
import { AppError } from "../../../src-core/model/error.ts";
import type { SourceConfig } from "../../../src-core/model/source.ts";
import { readSmallFile } from "../../io/folder.ts";
import type { ProviderContext } from "../provider.ts";
import type { LibvirtAddress } from "./address.ts";
import { keyType, lookUpHostKey } from "./known-hosts.ts";

const CONNECT_MS = 20_000;
const KEEPALIVE_MS = 10_000;
const MAX_KNOWN_HOSTS = 4 * 1024 * 1024;
/** What a program on the host may say. */
const MAX_OUTPUT = 64 * 1024;

export interface SshHost {
  /** "user@host", for errors. */
  readonly name: string;
  /** A unix socket of the host. @throws AppError source.unreachable (nothing listens), source.privilege, source.lost */
  openSocket(path: string): Promise<Duplex>;
  /** Names of the files in `folder`; none where it is not there. */
  listFolder(folder: string): Promise<string[]>;
  removeFile(path: string): Promise<void>;
  /** An empty one that only the account can read; one that is there already is fine. */
  createFile(path: string): Promise<void>;
  /** Room in a folder; null where the host does not tell. */
  freeBytes(folder: string): Promise<number | null>;
  /** Runs a shell line to its end. Everything in it must be quoted (`quoted`). */
  run(line: string): Promise<{ readonly code: number | null; readonly output: string }>;
  /** Starts a shell line that ends when its standard input ends: with this connection at the latest. */
  start(line: string): Promise<ClientChannel>;
  readonly ended: Promise<AppError>;
  close(): void;
}

/**
 * Connects and logs in.
 * @throws AppError source.host-key (details: fingerprint, subject), source.auth, source.unreachable, source.lost, job.canceled
 */
export async function connectSsh(
  ssh: NonNullable<LibvirtAddress["ssh"]>,
  config: SourceConfig,
  context: ProviderContext,
): Promise<SshHost> {
  const username = config.username ?? ssh.user ?? process.env.USER ?? "root";
  const name = `${username}@${ssh.host}${ssh.port === 22 ? "" : `:${ssh.port}`}`;
  const secret = await context.secret();
  const client = new Client();
  let shown: AppError | null = null;
  const list = config.trust.kind === "system" ? await knownHosts() : "";
  const options: ConnectConfig = {
    host: ssh.host,
    port: ssh.port,
    username,
    readyTimeout: CONNECT_MS,
    keepaliveInterval: KEEPALIVE_MS,
    keepaliveCountMax: 3,
    hostVerifier(key: Buffer) {
      shown = hostKeyProblem(key, ssh, config, list);
      return shown === null;
    },
    ...(secret.password === null ? {} : { password: secret.password, tryKeyboard: true }),
    ...(secret.privateKey === null ? {} : { privateKey: secret.privateKey }),
    ...(secret.passphrase === null ? {} : { passphrase: secret.passphrase }),
    // Without a secret of its own the source uses the user's agent.
    ...(secret.password === null && secret.privateKey === null && process.env.SSH_AUTH_SOCK !== undefined
      ? { agent: process.env.SSH_AUTH_SOCK }
      : {}),
    // GCM is twice as fast as what is offered first.
    algorithms: { cipher: { prepend: ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com"], append: [], remove: [] } },
  };
  await new Promise<void>((resolve, reject) => {
    const cancel = () => {
      client.destroy();
      reject(new AppError("job.canceled"));
    };
    if (context.signal.aborted) return reject(new AppError("job.canceled"));
    context.signal.addEventListener("abort", cancel, { once: true });
    const done = () => context.signal.removeEventListener("abort", cancel);
    client.once("ready", () => {
      done();
      resolve();
    });
    client.on("error", (error: Error & { level?: string }) => {
      done();
      reject(shown ?? connectError(name, error));
    });
    client.once("close", () => reject(shown ?? new AppError("source.unreachable", `${name} closed the connection.`)));
    client.on("keyboard-interactive", (_name, _instructions, _language, prompts, finish) => {
      finish(prompts.map(() => secret.password ?? ""));
    });
    try {
      client.connect(options);
    } catch (error) {
      // A private key that cannot be read. What the library says of it may quote it: only the kind of trouble is told.
      done();
      const locked = error instanceof Error && /passphrase|decrypt/i.test(error.message);
      const words = locked ? "its passphrase is missing or wrong" : "it is no OpenSSH or PEM key";
      reject(new AppError("source.auth", `The private key for ${name} cannot be used: ${words}.`));
    }
  });
  return sshHost(client, name);
}

async function knownHosts(): Promise<string> {
  try {
    return Buffer.from(await readSmallFile(join(homedir(), ".ssh", "known_hosts"), MAX_KNOWN_HOSTS)).toString("utf8");
  } catch (error) {
    if (error instanceof AppError && error.code === "path.not-found") return "";
    throw error;
  }
}

/** Null: the key is trusted. */
function hostKeyProblem(
  key: Buffer,
  { host, port }: NonNullable<LibvirtAddress["ssh"]>,
  { trust }: SourceConfig,
  list: string,
): AppError | null {
  const fingerprint = createHash("sha256").update(key).digest("hex");
  const details = { fingerprint, subject: `${keyType(key)} ${host}` };
  const problem = (what: string) => new AppError("source.host-key", `${host}: ${what}`, { details });
  if (trust.kind === "pinned") {
    return trust.fingerprint === fingerprint
      ? null
      : problem("the host shows another key than the one that is pinned.");
  }
  if (trust.kind === "ca") return problem("certificate authorities are not for SSH: pin the host key instead.");
  const verdict = lookUpHostKey(list, host, port, key);
  if (verdict === "known") return null;
  if (verdict === "revoked") return problem("the host shows a key that was revoked.");
  return problem(
    verdict === "changed" ? "the host's key is not the one in known_hosts." : "the host's key is not known.",
  );
}

function connectError(name: string, error: Error & { level?: string }): AppError {
  if (error.level === "client-authentication") {
    return new AppError("source.auth", `${name} refused the login.`, {
      hint: "Check user name, password and key; the host must allow one of them.",
    });
  }
  return new AppError("source.unreachable", `${name} cannot be reached through SSH: ${error.message}`);
}

function sshHost(client: Client, name: string): SshHost {
  const end = Promise.withResolvers<AppError>();
  let over: AppError | null = null;
  const lost = (what: string) => {
    over ??= new AppError("source.lost", `${name} ${what}`);
    end.resolve(over);
  };
  client.on("error", (error) => lost(`broke off: ${error.message}`));
  client.on("close", () => lost("closed the connection"));
  let files: Promise<SFTPWrapper> | null = null;

  function ask<T>(what: string, begin: (answer: (error: Error | undefined, value: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (over !== null) return reject(over);
      const stop = (error: AppError) => reject(error);
      void end.promise.then(stop);
      try {
        begin((error, value) => {
          if (error) reject(channelError(name, what, error));
          else resolve(value);
        });
      } catch (error) {
        reject(over ?? channelError(name, what, error as Error));
      }
    });
  }
  const sftp = () => {
    files ??= ask<SFTPWrapper>("SFTP", (answer) => client.sftp(answer));
    return files;
  };

  const run: SshHost["run"] = async (line) => {
    const channel = await ask<ClientChannel>("a command", (answer) => client.exec(line, answer));
    let output = "";
    const keep = (bytes: Buffer) => {
      if (output.length < MAX_OUTPUT) output += bytes.toString("utf8");
    };
    channel.on("data", keep);
    channel.stderr.on("data", keep);
    const code = await new Promise<number | null>((resolve) => {
      let left: number | null = null;
      channel.on("exit", (number: number | null) => {
        left = number;
      });
      // What it said may come after its code.
      channel.on("close", () => resolve(left));
    });
    return { code, output };
  };

  return {
    name,
    ended: end.promise,
    openSocket: (path) => ask<ClientChannel>(path, (answer) => client.openssh_forwardOutStreamLocal(path, answer)),
    async listFolder(folder) {
      const wrapper = await sftp();
      const entries = await ask<readonly { filename: string }[] | null>(folder, (answer) =>
        wrapper.readdir(folder, (error, found) => (isMissing(error) ? answer(undefined, null) : answer(error, found))),
      );
      return (entries ?? []).map(({ filename }) => filename);
    },
    async removeFile(path) {
      const wrapper = await sftp();
      await ask<null>(path, (answer) =>
        wrapper.unlink(path, (error) =>
          isMissing(error) ? answer(undefined, null) : answer(error ?? undefined, null),
        ),
      );
    },
    async createFile(path) {
      const wrapper = await sftp();
      const handle = await ask<Buffer>(path, (answer) => wrapper.open(path, "a", { mode: 0o600 }, answer));
      await ask<null>(path, (answer) => wrapper.close(handle, (error) => answer(error ?? undefined, null)));
    },
    async freeBytes(folder) {
      const { code, output } = await run(`LC_ALL=C df -Pk -- ${quoted(folder)}`);
      // Filesystem, 1024-blocks, Used, Available: on the second line.
      const [, blocks] = /^\S.*\n.*?\s\d+\s+\d+\s+(\d+)\s+\d+%/.exec(output) ?? [];
      return code === 0 && blocks !== undefined ? Number(blocks) * 1024 : null;
    },
    run,
    start: (line) => ask<ClientChannel>("a command", (answer) => client.exec(line, answer)),
    close() {
      client.end();
    },
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === 2;
}

function channelError(name: string, what: string, error: Error & { reason?: unknown; code?: unknown }): AppError {
  // SSH_OPEN_ADMINISTRATIVELY_PROHIBITED; SFTP's permission denied.
  if (error.reason === 1 || (what !== "a command" && error.code === 3)) {
    return new AppError("source.privilege", `${name} does not allow ${what}: ${error.message}`, {
      hint: "AllowStreamLocalForwarding of the host's sshd must be on, and the account must be able to reach the file.",
    });
  }
  return new AppError("source.unreachable", `${what} on ${name} cannot be reached: ${error.message}`);
}

/** A text as one word of a POSIX shell. @throws AppError source.unsupported for what no shell can be given */
export function quoted(text: string): string {
  if (/[\0\n\r]/.test(text))
    throw new AppError("source.unsupported", "A path with line breaks cannot be used on that host.");
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
