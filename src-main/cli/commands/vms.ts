/** `hypersdk vms …`: the machines of all sources. A machine is named by its name, its path or its id. */
import { type Command, Option } from "commander";
import { contract } from "../../../src-core/contract/contract.ts";
import { MachineSort } from "../../../src-core/contract/inventory.ts";
import type { MachineRow } from "../../../src-core/model/machine-view.ts";
import { confirmed, terminalAsker } from "../ask.ts";
import { requireProgram } from "../client/connect.ts";
import { findMachine, findSource } from "../client/find-source.ts";
import type { RestClient } from "../client/rest-client.ts";
import { type CliContext, type CommonOptions, dataDirOf, reportOf } from "../context.ts";
import { parseWhole, programCommand } from "../options.ts";
import { machinesText, machineText } from "../text/machine-text.ts";

interface SourceOptions extends CommonOptions {
  readonly source?: string;
}

interface ListOptions extends SourceOptions {
  readonly on?: boolean;
  readonly off?: boolean;
  readonly linux?: boolean;
  readonly windows?: boolean;
  readonly big?: boolean;
  readonly search?: string;
  readonly sort?: MachineSort;
  readonly descending?: boolean;
  readonly limit: number;
}

interface PowerOptions extends SourceOptions {
  readonly yes?: boolean;
}

const LIST_LIMIT = 100;
/** Rows asked for at once. */
const PAGE = 1000;

const POWER = {
  on: { does: "switch it on", asks: (name: string) => `Switch ${name} on?`, said: "is on" },
  off: {
    does: "switch it off at once, as if the plug was pulled",
    asks: (name: string) => `Switch ${name} off at once? What it has not written is lost.`,
    said: "is off",
  },
  shutdown: {
    does: "ask its guest to shut down",
    asks: (name: string) => `Shut ${name} down?`,
    said: "was asked to shut down",
  },
} as const;

export function addVmsCommand(program: Command, context: CliContext): void {
  const vms = program.command("vms").description("machines of all sources");
  const connect = async (options: CommonOptions) =>
    (await requireProgram(dataDirOf(context, options), context.signal)).client;
  const sourceId = async (client: RestClient, { source }: SourceOptions) =>
    source === undefined ? undefined : (await findSource(client, source, context.signal)).id;

  programCommand(vms, "list", "machines, as last known")
    .option("--source <name-or-id>", "only of this source")
    .option("--search <words>", "in name, path, guest, tags, datastores")
    .addOption(new Option("--on", "only those that run").conflicts("off"))
    .option("--off", "only those that are off")
    .addOption(new Option("--linux", "only those with Linux").conflicts("windows"))
    .option("--windows", "only those with Windows")
    .option("--big", "only those with 500 GiB of disks or more")
    .addOption(new Option("--sort <column>").choices(MachineSort.options).default("name"))
    .option("--descending", "largest first")
    .option("--limit <n>", "how many", parseWhole(1, 100_000), LIST_LIMIT)
    .action(async (options: ListOptions) => {
      const client = await connect(options);
      const of = await sourceId(client, options);
      const { search, sort, descending, limit } = options;
      const query = {
        ...(of === undefined ? {} : { sourceId: of }),
        ...(search === undefined ? {} : { search }),
        ...(options.on === true ? { power: "on" as const } : options.off === true ? { power: "off" as const } : {}),
        ...(options.linux === true ? { family: "linux" as const } : {}),
        ...(options.windows === true ? { family: "windows" as const } : {}),
        ...(options.big === true ? { big: true } : {}),
        ...(sort === undefined ? {} : { sort }),
        ...(descending === true ? { descending } : {}),
      };
      const machines: MachineRow[] = [];
      let total = 0;
      for (let cursor: string | null | undefined; cursor !== null && machines.length < limit; ) {
        const more = cursor === undefined ? {} : { cursor };
        const asked = { ...query, ...more, limit: Math.min(PAGE, limit - machines.length) };
        const page = await client.call(contract.inventory.machines, asked, context.signal);
        machines.push(...page.items);
        total = page.total;
        cursor = page.nextCursor;
      }
      const names = new Map(
        (await client.call(contract.sources.list, undefined, context.signal)).map(({ id, name }) => [id, name]),
      );
      const text = machinesText(machines, total, (id) => names.get(id) ?? id);
      reportOf(context, options).result({ machines, total }, text);
    });

  programCommand(vms, "show <vm>", "everything about one machine, and what stands in an export's way")
    .option("--source <name-or-id>", "the one of this source")
    .action(async (which: string, options: SourceOptions) => {
      const client = await connect(options);
      const row = await findMachine(client, which, await sourceId(client, options), context.signal);
      const input = { id: row.sourceId, machineId: row.id };
      const machine = await client.call(contract.inventory.machine, input, context.signal);
      reportOf(context, options).result({ machine }, machineText(machine));
    });

  for (const action of ["on", "off", "shutdown"] as const) {
    const { does, asks, said } = POWER[action];
    programCommand(vms, `${action} <vm>`, does)
      .option("--source <name-or-id>", "the one of this source")
      .option("--yes", "do not ask")
      .action(async (which: string, options: PowerOptions) => {
        const client = await connect(options);
        const row = await findMachine(client, which, await sourceId(client, options), context.signal);
        if (options.yes !== true)
          await confirmed(
            terminalAsker((text) => process.stderr.write(text)),
            asks(row.name),
          );
        const input = { id: row.sourceId, machineId: row.id, action };
        await client.call(contract.inventory.power, input, context.signal);
        reportOf(context, options).result({ machine: row, action }, [`${row.name} ${said}.`]);
      });
  }
}
