import { Table2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Button } from "./button.tsx";
import { classNames } from "./class-names.ts";
import { Panel } from "./panel.tsx";

export interface ChartTableData {
  readonly columns: readonly { readonly label: string; readonly align?: "right" }[];
  /** The first cell of a row names it. */
  readonly rows: readonly (readonly string[])[];
}

interface ChartFrameProps {
  title: string;
  note?: ReactNode;
  actions?: ReactNode;
  /** The same figures as the picture: always there for screen readers, and for all who ask for it. */
  table: ChartTableData;
  children: ReactNode;
  className?: string;
}

/** A chart, and the table behind it. */
export function ChartFrame({ title, note, actions, table, children, className }: ChartFrameProps) {
  const [asTable, setAsTable] = useState(false);
  return (
    <Panel
      title={title}
      note={note}
      className={className ?? ""}
      actions={
        <>
          {actions}
          <Button
            size="small"
            look={asTable ? "plain" : "quiet"}
            aria-pressed={asTable}
            onClick={() => setAsTable(!asTable)}
          >
            <Table2 aria-hidden />
            Table
          </Button>
        </>
      }
    >
      {children}
      <div
        className={asTable ? "mt-3 max-h-96 overflow-auto" : "sr-only"}
        {...(asTable ? { role: "region", "aria-label": `${title} as a table`, tabIndex: 0 } : {})}
      >
        <ChartTable caption={title} {...table} />
      </div>
    </Panel>
  );
}

export function ChartTable({ caption, columns, rows }: ChartTableData & { caption: string }) {
  return (
    <table className="w-full text-xs">
      <caption className="sr-only">{caption}</caption>
      <thead>
        <tr className="border-b border-line text-ink-2">
          {columns.map(({ label, align }) => (
            <th
              key={label}
              scope="col"
              className={classNames("px-2 py-1 text-left font-medium", align === "right" && "text-right")}
            >
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(([name = "", ...cells], at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other name, and are drawn anew as a whole
          <tr key={at} className="border-b border-line/60">
            <th scope="row" className="px-2 py-1 text-left font-normal">
              {name}
            </th>
            {cells.map((text, column) => (
              <td
                key={columns[column + 1]?.label}
                className={classNames(
                  "px-2 py-1",
                  columns[column + 1]?.align === "right" && "text-right whitespace-nowrap tabular-nums",
                )}
              >
                {text}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
