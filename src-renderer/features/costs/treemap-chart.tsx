/** A bill as areas: each meter and rule as large as what it costs. Loaded when it is looked at. */
import { memo } from "react";
import { ResponsiveContainer, Treemap } from "recharts";
import type { CostCategory } from "../../../src-core/model/price.ts";
import { partFill, partFills } from "./part-fills.tsx";
import type { TreeNode } from "./tree-view.ts";

interface TreemapChartProps {
  nodes: readonly TreeNode[];
  scope: string;
}

export const TreemapChart = memo(function TreemapChart({ nodes, scope }: TreemapChartProps) {
  return (
    <ResponsiveContainer width="100%" height="100%">
      <Treemap
        data={nodes as unknown as { [key: string]: unknown }[]}
        dataKey="value"
        nameKey="name"
        isAnimationActive={false}
        content={(node) => <Area node={node as unknown as Drawn} scope={scope} />}
      >
        {partFills(scope)}
      </Treemap>
    </ResponsiveContainer>
  );
});

interface Drawn {
  x: number;
  y: number;
  width: number;
  height: number;
  depth: number;
  name: string;
  part?: CostCategory;
  words?: string;
}

/** Letters of the label are about so wide. */
const LETTER = 6.2;

function Area({ node: { x, y, width, height, name, part, words }, scope }: { node: Drawn; scope: string }) {
  if (part === undefined) return <g />;
  const letters = Math.floor((width - 12) / LETTER);
  const cut = (text: string) => (text.length <= letters ? text : `${text.slice(0, Math.max(0, letters - 1))}…`);
  const labelled = letters >= 6 && height >= 36;
  return (
    <g>
      <rect
        x={x}
        y={y}
        width={width}
        height={height}
        fill={partFill(scope, part)}
        stroke="var(--surface)"
        strokeWidth={2}
      />
      {labelled ? (
        <>
          <rect
            x={x + 4}
            y={y + 4}
            width={Math.min(width - 8, Math.max(cut(name).length, cut(words ?? "").length) * LETTER + 10)}
            height={32}
            rx={3}
            fill="var(--surface)"
            fillOpacity={0.88}
          />
          <text x={x + 9} y={y + 17} fontSize={11} fill="var(--ink)" stroke="none">
            {cut(name)}
          </text>
          <text x={x + 9} y={y + 31} fontSize={11} fill="var(--ink-2)" stroke="none">
            {cut(words ?? "")}
          </text>
        </>
      ) : null}
    </g>
  );
}
