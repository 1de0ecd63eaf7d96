/** Puts the commands together, runs one, and turns whatever happens into an exit code. */
import { Command, CommanderError } from "commander";
import { AppError } from "../../src-core/model/error.ts";
import { VERSION } from "../version.ts";
import { addCheckCommand } from "./commands/check.ts";
import { addCompareCommand } from "./commands/compare.ts";
import { addConvertCommand } from "./commands/convert.ts";
import { addInfoCommand } from "./commands/info.ts";
import { addJobsCommand } from "./commands/jobs.ts";
import { addLibrariesCommand } from "./commands/libraries.ts";
import { addManifestCommand } from "./commands/manifest.ts";
import { addMapCommand } from "./commands/map.ts";
import { addServeCommand } from "./commands/serve.ts";
import { addWorkCommands } from "./commands/work.ts";
import type { CliContext } from "./context.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { createReport } from "./report.ts";

const EPILOGUE = `
Exit codes: ${EXIT.done} done, ${EXIT.failed} failed, ${EXIT.usage} wrong command line, ${EXIT.canceled} canceled.
Of check and compare: ${EXIT.done} clean or equal, ${EXIT.bad} errors or different, ${EXIT.trouble} could not be told, ${EXIT.leaks} leaks only.
With --json stdout holds JSON lines only; the last one has the type "result" or "error".`;

/** Runs one command line (without program and script name). @returns the exit code; never rejects */
export async function runCommandLine(
  args: readonly string[],
  outer: Omit<CliContext, "exitWith" | "failWith">,
): Promise<number> {
  let code: number = EXIT.done;
  let failure: number = EXIT.failed;
  const context: CliContext = {
    ...outer,
    exitWith(asked) {
      code = asked;
    },
    failWith(asked) {
      failure = asked;
    },
  };
  try {
    await createProgram(context).parseAsync([...args], { from: "user" });
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return EXIT.done;
    const error = thrown instanceof CommanderError ? usageError(thrown) : AppError.from(thrown);
    createReport(context.terminal, args.includes("--json"), context.now).error(error.toData());
    const own = exitCodeOf(error);
    return own === EXIT.failed ? failure : own;
  }
}

function createProgram(context: CliContext): Command {
  const { terminal } = context;
  const program = new Command("hypersdk")
    .description("Looks into, converts and verifies disks of virtual machines; runs and steers HyperSDK Desktop.")
    .version(VERSION)
    .helpOption("-h, --help", "show this help")
    .addHelpText("after", EPILOGUE)
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
      // Errors are told by the report, in one form for all of them.
      outputError: () => {},
      getOutHelpWidth: () => terminal.columns,
      getErrHelpWidth: () => terminal.columns,
      getOutHasColors: () => terminal.color,
    })
    .exitOverride();
  addInfoCommand(program, context);
  addMapCommand(program, context);
  addCheckCommand(program, context);
  addCompareCommand(program, context);
  addConvertCommand(program, context);
  addManifestCommand(program, context);
  addServeCommand(program, context);
  addJobsCommand(program, context);
  addLibrariesCommand(program, context);
  addWorkCommands(program, context);
  return program;
}

/** commander says "error: unknown option '--x'"; without a command it has shown the help already. */
function usageError(error: CommanderError): AppError {
  const said = error.code === "commander.help" ? "Say which command." : error.message.replace(/^error: /, "");
  return new AppError("usage.invalid", said, { cause: error });
}
