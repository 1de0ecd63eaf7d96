/** What the engine reads and writes, for people. */
import type { FormatInfo } from "../../../src-core/model/disk.ts";
import type { TargetVariant } from "../../../src-core/model/target.ts";
import type { EngineInfo } from "../../../src-core/model/task.ts";
import { sizeText } from "./size.ts";
import { pairs, table } from "./table.ts";

/** What computes, then a row for each way of writing a format, with the usual choice of each column first. */
export function engineText(engine: EngineInfo, formats: readonly FormatInfo[]): string[] {
  const facts = pairs([
    ["Kernels", engine.reason === null ? engine.kernels : `${engine.kernels} (${engine.reason})`],
    ["zlib, zstd", `${engine.zlib}, ${engine.zstd}`],
    ["Threads", String(engine.threads)],
  ]);
  const columns = [
    { title: "FORMAT" },
    { title: "WRITTEN AS" },
    { title: "BLOCK" },
    { title: "SECTOR" },
    { title: "COMPRESSION" },
    { title: "ALSO" },
  ] as const;
  const rows = formats.flatMap(({ id, variants }) =>
    variants.length === 0
      ? [[id, "(read only)", "", "", "", ""]]
      : variants.map((variant, index) => [index === 0 ? id : "", ...variantCells(variant)]),
  );
  return [...facts, "", ...table(columns, rows)];
}

function variantCells({ id, blockBytes, sectorBytes, compression, preallocation, backing }: TargetVariant): string[] {
  const blocks = blockBytes === null || blockBytes.choices.length === 0 ? "" : blockRange(blockBytes);
  const methods = compression.map(({ method, levels }) =>
    levels === null ? method : `${method}:${levels.min}-${levels.max}`,
  );
  const also = [
    ...(preallocation.includes("metadata") ? ["preallocation=metadata"] : []),
    ...(backing ? ["backing"] : []),
  ];
  return [id, blocks, sectorBytes.join(", "), methods.join(", "), also.join(", ")];
}

function blockRange({ choices, usual }: NonNullable<TargetVariant["blockBytes"]>): string {
  const others = choices.filter((choice) => choice !== usual);
  const range = others.length === 0 ? "" : ` (${sizeText(Math.min(...choices))} to ${sizeText(Math.max(...choices))})`;
  return `${sizeText(usual)}${range}`;
}
