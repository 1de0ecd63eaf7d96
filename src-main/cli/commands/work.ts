/** `hypersdk page`, `pause` and `resume`: a way into the pages, and holding all work. */
import type { Command } from "commander";
import { contract } from "../../../src-core/contract/contract.ts";
import { requireProgram } from "../client/connect.ts";
import { type CliContext, type CommonOptions, dataDirOf, reportOf } from "../context.ts";
import { programCommand } from "../options.ts";

export function addWorkCommands(program: Command, context: CliContext): void {
  programCommand(program, "page", "print a fresh address that opens the pages once").action(
    async (options: CommonOptions) => {
      const { client } = await requireProgram(dataDirOf(context, options), context.signal);
      const code = await client.call(contract.session.createCode, undefined, context.signal);
      reportOf(context, options).result(code, [code.url]);
    },
  );
  for (const [name, text, said] of [
    ["pause", "hold all work of the running program", "All work is paused."],
    ["resume", "go on with all work", "Work goes on."],
  ] as const) {
    programCommand(program, name, text).action(async (options: CommonOptions) => {
      const { client } = await requireProgram(dataDirOf(context, options), context.signal);
      const answer = await client.call(contract.system[name], undefined, context.signal);
      reportOf(context, options).result(answer, [said]);
    });
  }
}
