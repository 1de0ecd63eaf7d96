/** Puts the commands together, runs one, and turns whatever happens into an exit code. */
import { Command, CommanderError } from "commander";
import { AppError } from "../../src-core/model/error.ts";
import { VERSION } from "../version.ts";
import type { CliContext } from "./context.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { createReport } from "./report.ts";

const EPILOGUE = `
Exit codes: ${EXIT.done} done, ${EXIT.failed} failed, ${EXIT.usage} wrong command line, ${EXIT.canceled} canceled.
Of check and compare: ${EXIT.done} clean or equal, ${EXIT.bad} errors or different, ${EXIT.trouble} could not be told, ${EXIT.leaks} leaks only.
With --json stdout holds JSON lines only; the last one has the type "result" or "error".`;

type AddCommand = (program: Command, context: CliContext) => void;

/** The commands in the order of the help, each read only when it is wanted: a script waits for no other one's modules. */
const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = {
  info: async () => (await import("./commands/info.ts")).addInfoCommand,
  map: async () => (await import("./commands/map.ts")).addMapCommand,
  check: async () => (await import("./commands/check.ts")).addCheckCommand,
  compare: async () => (await import("./commands/compare.ts")).addCompareCommand,
  convert: async () => (await import("./commands/convert.ts")).addConvertCommand,
  manifest: async () => (await import("./commands/manifest.ts")).addManifestCommand,
  serve: async () => (await import("./commands/serve.ts")).addServeCommand,
  jobs: async () => (await import("./commands/jobs.ts")).addJobsCommand,
  libraries: async () => (await import("./commands/libraries.ts")).addLibrariesCommand,
  sources: async () => (await import("./commands/sources.ts")).addSourcesCommand,
  vms: async () => (await import("./commands/vms.ts")).addVmsCommand,
  export: async () => (await import("./commands/export.ts")).addExportCommand,
  schedules: async () => (await import("./commands/schedules.ts")).addSchedulesCommand,
  runs: async () => (await import("./commands/runs.ts")).addRunsCommand,
  cost: async () => (await import("./commands/cost.ts")).addCostCommand,
  page: async () => (await import("./commands/work.ts")).addWorkCommands,
};

/** As commander calls them. */
const VERSION_FLAGS = ["-V", "--version"];

/** The command of that name; without one (help, a typing error, one of a group) all; none to tell the version. */
function commandsFor(name: string | undefined): Promise<AddCommand[]> {
  if (name !== undefined && VERSION_FLAGS.includes(name)) return Promise.resolve([]);
  const wanted = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  return Promise.all((wanted === undefined ? Object.values(COMMANDS) : [wanted]).map((load) => load()));
}

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
    const program = await createProgram(args, context);
    await program.parseAsync([...args], { from: "user" });
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return EXIT.done;
    const error = thrown instanceof CommanderError ? usageError(thrown) : AppError.from(thrown);
    createReport(context.terminal, args.includes("--json"), context.now).error(error.toData());
    const own = exitCodeOf(error);
    return own === EXIT.failed ? failure : own;
  }
}

async function createProgram(args: readonly string[], context: CliContext): Promise<Command> {
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
  for (const add of await commandsFor(args[0])) add(program, context);
  return program;
}

/** commander says "error: unknown option '--x'"; without a command it has shown the help already. */
function usageError(error: CommanderError): AppError {
  const said = error.code === "commander.help" ? "Say which command." : error.message.replace(/^error: /, "");
  return new AppError("usage.invalid", said, { cause: error });
}
