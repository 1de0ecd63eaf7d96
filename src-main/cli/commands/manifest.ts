/** `hypersdk manifest PACKAGE`: checks the files of an OVA, or of an OVF's folder, against its manifest, with the engine of this process. */
import type { Command } from "commander";
import { AppError } from "../../../src-core/model/error.ts";
import type { ManifestResult } from "../../../src-core/model/task.ts";
import { fileFacts } from "../../files/real-file.ts";
import { runTask } from "../../jobs/worker-thread.ts";
import { type CliContext, type CommonOptions, pathOf, reportOf } from "../context.ts";
import { jsonOption } from "../options.ts";
import { sizeText } from "../text/size.ts";
import { table } from "../text/table.ts";

export function addManifestCommand(program: Command, context: CliContext): void {
  program
    .command("manifest <package>")
    .description("check the files of an OVA, or of an OVF and its folder, against its manifest")
    .addOption(jsonOption())
    .action((path: string, options: CommonOptions) => manifest(context, path, options));
}

async function manifest(context: CliContext, path: string, options: CommonOptions): Promise<void> {
  const { realPath } = await fileFacts(pathOf(context, path));
  if (!/\.(ova|ovf)$/i.test(realPath)) {
    throw new AppError("usage.invalid", `${realPath} is neither an .ova nor an .ovf.`);
  }
  const report = reportOf(context, options);
  try {
    const result = await runTask(
      { kind: "manifest", path: realPath },
      {
        signal: context.signal,
        onEvent: (event) => {
          if (event.type === "progress") report.progress(event);
        },
      },
    );
    report.result({ ...result }, manifestText(result));
  } finally {
    report.close();
  }
}

function manifestText({ manifest: name, files, unlisted, path }: ManifestResult): string[] {
  if (name === null) return [`${path} has no manifest: nothing was checked.`];
  const columns = [{ title: "FILE" }, { title: "SIZE", align: "right" }, { title: "DIGEST" }, { title: "" }] as const;
  return [
    ...table(
      columns,
      files.map((file) => [file.name, sizeText(file.sizeBytes), file.algorithm.toUpperCase(), "fits"]),
    ),
    ...(unlisted.length === 0 ? [] : ["", `Not in ${name}: ${unlisted.join(", ")}`]),
  ];
}
