/** `hypersdk libraries …`: the folders the running program may read. A library is named by its folder or its id. */
import type { Command } from "commander";
import { contract } from "../../../src-core/contract/contract.ts";
import { AppError } from "../../../src-core/model/error.ts";
import type { Library } from "../../../src-core/model/library.ts";
import { requireProgram } from "../client/connect.ts";
import type { RestClient } from "../client/rest-client.ts";
import { type CliContext, type CommonOptions, dataDirOf, pathOf, reportOf } from "../context.ts";
import { programCommand } from "../options.ts";
import { librariesText } from "../text/library-text.ts";

export function addLibrariesCommand(program: Command, context: CliContext): void {
  const libraries = program.command("libraries").description("folders the running program may read");
  const connect = async (options: CommonOptions) =>
    (await requireProgram(dataDirOf(context, options), context.signal)).client;

  programCommand(libraries, "list", "all libraries and what was found in them").action(
    async (options: CommonOptions) => {
      const client = await connect(options);
      const all = await client.call(contract.libraries.list, undefined, context.signal);
      reportOf(context, options).result({ libraries: all }, librariesText(all));
    },
  );
  programCommand(libraries, "add <dir>", "allow a folder and scan it").action(
    async (dir: string, options: CommonOptions) => {
      const client = await connect(options);
      const library = await client.call(contract.libraries.add, { path: pathOf(context, dir) }, context.signal);
      reportOf(context, options).result({ library }, [`Added ${library.path}; it is being scanned.`]);
    },
  );
  programCommand(libraries, "remove <dir-or-id>", "forget a library; its files stay").action(
    async (name: string, options: CommonOptions) => {
      const client = await connect(options);
      const library = await findLibrary(client, context, name);
      await client.call(contract.libraries.remove, { id: library.id }, context.signal);
      reportOf(context, options).result({ library }, [`Removed ${library.path}; its files stay.`]);
    },
  );
  programCommand(libraries, "scan <dir-or-id>", "look again at what is in a library").action(
    async (name: string, options: CommonOptions) => {
      const client = await connect(options);
      const { id } = await findLibrary(client, context, name);
      const library = await client.call(contract.libraries.rescan, { id }, context.signal);
      reportOf(context, options).result({ library }, [`Scanning ${library.path}.`]);
    },
  );
}

async function findLibrary(client: RestClient, context: CliContext, name: string): Promise<Library> {
  const all = await client.call(contract.libraries.list, undefined, context.signal);
  const path = pathOf(context, name);
  const found = all.find((library) => library.id === name || library.path === path);
  if (found === undefined) throw new AppError("request.not-found", `There is no library ${name}.`);
  return found;
}
