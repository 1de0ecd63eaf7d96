/** Boot of the service: `node out/main/service.js [--port N] [--host H] [--data-dir D] [--library D]… [--verbose] [--json]`. */
import { parseArgs } from "node:util";
import { runService } from "./run-service.ts";

try {
  const { values } = parseArgs({
    options: {
      port: { type: "string" },
      host: { type: "string" },
      "data-dir": { type: "string" },
      library: { type: "string", multiple: true },
      "tls-cert": { type: "string" },
      "tls-key": { type: "string" },
      verbose: { type: "boolean" },
      json: { type: "boolean" },
    },
  });
  process.exitCode = await runService({
    port: portOf(values.port),
    host: values.host,
    dataFolder: values["data-dir"],
    libraries: values.library,
    tlsCertFile: values["tls-cert"],
    tlsKeyFile: values["tls-key"],
    verbose: values.verbose,
    json: values.json,
  });
} catch (thrown) {
  process.stderr.write(`hypersdk: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 2;
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`--port ${text} is not a port number.`);
  return port;
}
