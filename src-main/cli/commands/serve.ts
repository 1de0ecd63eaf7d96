/** `hypersdk serve`: the program without a window, until Ctrl+C. */
import type { Command } from "commander";
import { AppError } from "../../../src-core/model/error.ts";
import { type CliContext, type CommonOptions, dataDirOf, pathOf } from "../context.ts";
import { parseWhole, programCommand } from "../options.ts";

interface ServeOptions extends CommonOptions {
  readonly port?: number;
  readonly library?: string[];
  readonly host?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly verbose?: boolean;
  readonly stopAfter?: number;
}

export function addServeCommand(program: Command, context: CliContext): void {
  programCommand(program, "serve", "run the program without a window and print the address of its pages")
    .option("--port <n>", "exactly this port (default: 8080 or the next free one; 0: any)", parseWhole(0, 65_535))
    .option("--library <dir...>", "add these folders as libraries")
    .option("--host <address>", "listen here instead of 127.0.0.1; other than loopback needs TLS")
    .option("--tls-cert <file>", "certificate (PEM)")
    .option("--tls-key <file>", "private key of the certificate (PEM)")
    .option("--stop-after <minutes>", "stop by itself after this time", parseWhole(1, 10_000))
    .option("--verbose", "copy the log to stderr")
    .action((options: ServeOptions) => serve(context, options));
}

async function serve(context: CliContext, options: ServeOptions): Promise<void> {
  const { tlsCert, tlsKey, stopAfter } = options;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new AppError("usage.invalid", "--tls-cert and --tls-key belong together.");
  }
  // The service ends on SIGTERM in good order; a timer says it to this very process.
  const timer = setTimeout(() => process.emit("SIGTERM", "SIGTERM"), (stopAfter ?? 0) * 60_000);
  if (stopAfter === undefined) clearTimeout(timer);
  try {
    // Loaded when it is wanted: every other command starts in a third of the time without the service's code.
    const { runService } = await import("../../shell/service/run-service.ts");
    const code = await runService({
      port: options.port,
      host: options.host,
      dataFolder: dataDirOf(context, options),
      libraries: options.library?.map((folder) => pathOf(context, folder)),
      tlsCertFile: tlsCert === undefined ? undefined : pathOf(context, tlsCert),
      tlsKeyFile: tlsKey === undefined ? undefined : pathOf(context, tlsKey),
      verbose: options.verbose,
      json: options.json,
      asked: context.signal,
    });
    context.exitWith(code);
  } finally {
    clearTimeout(timer);
  }
}
