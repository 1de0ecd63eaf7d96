/** Boot of the service: `node out/main/service.js [--port N] [--host H] [--data-dir D] [--library D]… [--verbose] [--json]`. */
import { parseArgs } from "node:util";
import { runService } from "./run-service.ts";

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
  port: values.port === undefined ? undefined : Number(values.port),
  host: values.host,
  dataFolder: values["data-dir"],
  libraries: values.library,
  tlsCertFile: values["tls-cert"],
  tlsKeyFile: values["tls-key"],
  verbose: values.verbose,
  json: values.json,
});
