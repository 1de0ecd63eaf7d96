/** `hypersdk sources …`: the hypervisors and folders that machines come from. A source is named by its name or its id. */
import { type Command, Option } from "commander";
import { contract } from "../../../src-core/contract/contract.ts";
import { AppError } from "../../../src-core/model/error.ts";
import type { Source, SourceKind, SourceSecret, Trust } from "../../../src-core/model/source.ts";
import { SOURCE_KINDS } from "../../../src-core/model/words.ts";
import { readSmallText } from "../../files/small-text-file.ts";
import { type Asker, confirmed, readPassword, terminalAsker } from "../ask.ts";
import { requireProgram } from "../client/connect.ts";
import { findSource } from "../client/find-source.ts";
import type { RestClient } from "../client/rest-client.ts";
import { type CliContext, type CommonOptions, dataDirOf, pathOf, reportOf } from "../context.ts";
import { programCommand } from "../options.ts";
import { certificateText, leftoversText, sourcesText, testText } from "../text/source-text.ts";

interface ConnectOptions extends CommonOptions {
  readonly user?: string;
  readonly passwordFile?: string;
  readonly askPassword?: boolean;
  readonly keyFile?: string;
  readonly caFile?: string;
  readonly fingerprint?: string;
  readonly unchecked?: boolean;
}

interface AddOptions extends ConnectOptions {
  readonly kind?: SourceKind;
}

interface EditOptions extends ConnectOptions {
  readonly name?: string;
  readonly address?: string;
}

interface LeftoverOptions extends CommonOptions {
  readonly remove?: boolean;
  readonly yes?: boolean;
}

const MAX_FILE_BYTES = 256 * 1024;

export function addSourcesCommand(program: Command, context: CliContext): void {
  const sources = program.command("sources").description("hypervisors and folders that machines come from");
  const asker = terminalAsker((text) => process.stderr.write(text));
  const connect = async (options: CommonOptions) =>
    (await requireProgram(dataDirOf(context, options), context.signal)).client;

  programCommand(sources, "list", "all sources and how they are connected").action(async (options: CommonOptions) => {
    const client = await connect(options);
    const all = await client.call(contract.sources.list, undefined, context.signal);
    reportOf(context, options).result({ sources: all }, sourcesText(all));
  });

  withConnection(programCommand(sources, "add <name> <address>", "add a source; it is connected to first"))
    .addOption(new Option("--kind <kind>", "left out, the address decides").choices(SOURCE_KINDS))
    .action(async (name: string, address: string, options: AddOptions) => {
      const client = await connect(options);
      const kind = options.kind ?? kindOf(address);
      const where = kind === "local" ? pathOf(context, address) : address;
      const secret = await secretOf(asker, context, options, kind === "vsphere" && options.user !== undefined);
      const input = {
        kind,
        name,
        address: where,
        username: options.user ?? null,
        ...(secret === undefined ? {} : { secret }),
        unchecked: options.unchecked === true,
      };
      const source = await trusting(asker, context, trustOf(context, options), (trust) =>
        client.call(contract.sources.add, { ...input, ...(trust === undefined ? {} : { trust }) }, context.signal),
      );
      reportOf(context, options).result({ source }, [`Added ${source.name} (${source.address}).`]);
    });

  withConnection(programCommand(sources, "edit <name-or-id>", "change a source; what is left out stays"))
    .option("--name <name>", "call it so")
    .option("--address <address>", "needs the password or key again")
    .action(async (which: string, options: EditOptions) => {
      const client = await connect(options);
      const { id, kind } = await findSource(client, which, context.signal);
      const secret = await secretOf(asker, context, options, false);
      const address =
        options.address !== undefined && kind === "local" ? pathOf(context, options.address) : options.address;
      const input = {
        id,
        ...(options.name === undefined ? {} : { name: options.name }),
        ...(address === undefined ? {} : { address }),
        ...(options.user === undefined ? {} : { username: options.user }),
        ...(secret === undefined ? {} : { secret }),
        unchecked: options.unchecked === true,
      };
      const source = await trusting(asker, context, trustOf(context, options), (trust) =>
        client.call(contract.sources.edit, { ...input, ...(trust === undefined ? {} : { trust }) }, context.signal),
      );
      reportOf(context, options).result({ source }, [`Changed ${source.name} (${source.address}).`]);
    });

  programCommand(
    sources,
    "test <name-or-id>",
    "what works, what the account may not do, and the privilege missing",
  ).action(async (which: string, options: CommonOptions) => {
    const client = await connect(options);
    const { id } = await findSource(client, which, context.signal);
    const test = await client.call(contract.sources.test, { id }, context.signal);
    const shown = test.certificate === null ? [] : certificateText(test.certificate);
    reportOf(context, options).result({ test }, [...testText(test), ...shown]);
    if (!test.ok) context.exitWith(1);
  });

  programCommand(sources, "leftovers <name-or-id>", "what exports that are no longer alive left on it")
    .option("--remove", "show it, ask, and remove it")
    .option("--yes", "do not ask")
    .action(async (which: string, options: LeftoverOptions) => {
      const client = await connect(options);
      const { id, name } = await findSource(client, which, context.signal);
      const leftovers = await client.call(contract.sources.leftovers, { id }, context.signal);
      const report = reportOf(context, options);
      const shown = leftoversText(name, leftovers);
      if (options.remove !== true || leftovers.length === 0) return report.result({ leftovers }, shown);
      if (options.yes !== true) {
        for (const line of shown) context.terminal.err(line);
        context.terminal.err(
          "What a program elsewhere is exporting with at this moment looks the same, and would be lost to it.",
        );
        await confirmed(asker, `Remove ${leftovers.length === 1 ? "it" : `all ${leftovers.length}`} from ${name}?`);
      }
      for (const leftover of leftovers) {
        await client.call(contract.sources.removeLeftover, { id, leftoverId: leftover.id }, context.signal);
        report.remark(`Removed: ${leftover.kind} of ${leftover.machineName}`);
      }
      report.result({ removed: leftovers }, [`${name}: ${leftovers.length} removed.`]);
    });

  const about = (
    name: string,
    text: string,
    act: (client: RestClient, source: Source) => Promise<unknown>,
    said: (source: Source) => string,
  ) =>
    programCommand(sources, `${name} <name-or-id>`, text).action(async (which: string, options: CommonOptions) => {
      const client = await connect(options);
      const source = await findSource(client, which, context.signal);
      await act(client, source);
      reportOf(context, options).result({ source }, [said(source)]);
    });
  about(
    "enable",
    "connect to it, now and at every start",
    (client, { id }) => client.call(contract.sources.enable, { id }, context.signal),
    ({ name }) => `${name} is enabled.`,
  );
  about(
    "disable",
    "disconnect and stay so; what is known stays",
    (client, { id }) => client.call(contract.sources.disable, { id }, context.signal),
    ({ name }) => `${name} is disabled.`,
  );
  about(
    "remove",
    "forget it, its password and what is known of it",
    (client, { id }) => client.call(contract.sources.remove, { id }, context.signal),
    ({ name }) => `Removed ${name}; nothing was changed on it.`,
  );
}

function withConnection(command: Command): Command {
  return command
    .option("--user <name>", "user name on the source")
    .option("--password-file <file>", "file with the password as its first line; - is standard input")
    .option("--ask-password", "ask for the password at the terminal")
    .option("--key-file <file>", "private key for SSH")
    .option("--ca-file <file>", "trust what the certificate authorities in this PEM file signed")
    .option("--fingerprint <sha256>", "trust exactly the certificate or host key of this SHA-256")
    .option("--unchecked", "do not connect to it first");
}

/** By how addresses begin. */
function kindOf(address: string): SourceKind {
  if (/^https?:/i.test(address)) return "vsphere";
  return /^qemu(\+[a-z]+)?:/i.test(address) ? "libvirt" : "local";
}

/** @throws AppError usage.invalid */
function trustOf(context: CliContext, { caFile, fingerprint }: ConnectOptions): Trust | undefined {
  if (caFile !== undefined) return { kind: "ca", pem: readSmallText(pathOf(context, caFile), MAX_FILE_BYTES) };
  if (fingerprint === undefined) return undefined;
  const plain = fingerprint
    .replace(/^sha256:/i, "")
    .replaceAll(":", "")
    .toLowerCase();
  if (/^[0-9a-f]{64}$/.test(plain)) return { kind: "pinned", fingerprint: plain };
  throw new AppError("usage.invalid", "--fingerprint takes 64 hexadecimal digits, with or without colons.");
}

/** @param needed ask where nothing was said about it and somebody can be asked */
async function secretOf(
  asker: Asker,
  context: CliContext,
  options: ConnectOptions,
  needed: boolean,
): Promise<Partial<SourceSecret> | undefined> {
  const { passwordFile, keyFile } = options;
  let password: string | undefined;
  if (passwordFile !== undefined) {
    password = await readPassword(asker, passwordFile === "-" ? "-" : pathOf(context, passwordFile));
  } else if (options.askPassword === true || (needed && keyFile === undefined)) {
    if (!asker.interactive) {
      throw new AppError("usage.invalid", "There is no terminal to ask for the password at.", {
        hint: "Give it with --password-file FILE, or through a pipe with --password-file -.",
      });
    }
    password = await asker.secret("Password: ");
  }
  const privateKey = keyFile === undefined ? undefined : readSmallText(pathOf(context, keyFile), MAX_FILE_BYTES);
  if (password === undefined && privateKey === undefined) return undefined;
  return {
    ...(password === undefined ? {} : { password }),
    ...(privateKey === undefined ? {} : { privateKey }),
  };
}

/** Does it; where the other end is not trusted yet, shows what it showed, asks, and does it again with that pinned. */
async function trusting<T>(
  asker: Asker,
  context: CliContext,
  trust: Trust | undefined,
  act: (trust: Trust | undefined) => Promise<T>,
): Promise<T> {
  try {
    return await act(trust);
  } catch (thrown) {
    const error = AppError.from(thrown);
    const fingerprint = error.details?.fingerprint;
    const asks = error.code === "source.certificate" || error.code === "source.host-key";
    if (!asks || trust !== undefined || typeof fingerprint !== "string") throw error;
    const text = (name: string) => {
      const value = error.details?.[name];
      return typeof value === "string" ? value : null;
    };
    const shown = certificateText({
      kind: error.code === "source.host-key" ? "host-key" : "certificate",
      fingerprint,
      subject: text("subject"),
      issuer: text("issuer"),
      validFrom: text("validFrom"),
      validTo: text("validTo"),
    });
    for (const line of shown) context.terminal.err(line);
    if (!asker.interactive) {
      throw new AppError(error.code, error.message, {
        hint: `Compare it with what the source shows itself, then repeat with --fingerprint ${fingerprint}.`,
        ...(error.details === undefined ? {} : { details: error.details }),
      });
    }
    if (!(await asker.confirm("Is this what the source shows itself, and shall it be trusted from now on?")))
      throw error;
    return act({ kind: "pinned", fingerprint });
  }
}
