/** Columns of the tables of classes. */
import { CircleAlert } from "lucide-react";
import type { CostCategory } from "../../../src-core/model/price.ts";
import type { GridColumn } from "../../components/data-grid.tsx";
import { Tag } from "../../components/tag.tsx";
import { drawn, formatMoney } from "../../format/money.ts";
import type { CompareRow } from "./compare-view.ts";
import { PART_WORDS, waitWords } from "./part-words.ts";

type Column = GridColumn<CompareRow>;

const place = (onOpen: (id: string) => void): Column[] => [
  {
    id: "class",
    header: "Class",
    width: 11.5,
    grow: 2,
    value: ({ offer }) => offer.class.label,
    cell: ({ id, offer }) => (
      <button
        type="button"
        tabIndex={-1}
        onClick={() => onOpen(id)}
        title={offer.class.label}
        className="truncate text-left hover:underline"
      >
        {offer.class.label}
      </button>
    ),
  },
  {
    id: "region",
    header: "Region",
    width: 7.5,
    grow: 1,
    value: ({ offer }) => offer.region.label,
    cell: ({ offer }) => (
      <span className="truncate text-ink-2" title={offer.region.id}>
        {offer.region.label}
      </span>
    ),
  },
  {
    id: "redundancy",
    header: "Redundancy",
    width: 6,
    grow: 1,
    value: ({ offer }) => offer.redundancy.label,
    cell: ({ offer }) => (
      <span className="truncate text-ink-2" title={offer.redundancy.label}>
        {offer.redundancy.label}
      </span>
    ),
  },
];

/** Money, sorted by what it is worth; rounding is for the eye. */
function money(id: string, header: string, currency: string, of: (row: CompareRow) => string | null): Column {
  return {
    id,
    header,
    width: id === "early-deletion" ? 6.75 : 5.75,
    align: "right",
    value: (row) => drawn(of(row)),
    cell: (row) => {
      const amount = of(row);
      return <data value={amount ?? ""}>{formatMoney(amount, currency)}</data>;
    },
  };
}

export function compareColumns(
  currency: string,
  parts: readonly CostCategory[],
  onOpen: (id: string) => void,
): Column[] {
  return [
    ...place(onOpen),
    money("total", "Total", currency, ({ summary }) => summary.total),
    {
      id: "wait",
      header: "Restore",
      width: 6,
      value: ({ fastestHours }) => (fastestHours === null ? null : Number(fastestHours)),
      cell: ({ fastestHours }) => <span className="truncate text-ink-2">{waitWords(fastestHours)}</span>,
    },
    ...parts.map((part) => money(part, PART_WORDS[part], currency, ({ summary }) => summary.parts[part])),
    {
      id: "minimum",
      header: "Minimum",
      width: 5.25,
      align: "right",
      value: ({ offer }) => offer.class.minimumDays,
      cell: ({ offer }) => (
        <span className="text-ink-2">{offer.class.minimumDays === 0 ? "none" : `${offer.class.minimumDays} d`}</span>
      ),
    },
  ];
}

export function unknownColumns(currency: string, onOpen: (id: string) => void): Column[] {
  return [
    ...place(onOpen),
    {
      id: "missing",
      header: "Missing in the price book",
      width: 16,
      grow: 3,
      cell: ({ summary }) => (
        <>
          <Tag tone="warn" title={summary.missing.join(", ")}>
            <CircleAlert aria-hidden />
            unknown
          </Tag>
          <span className="truncate text-ink-2" title={summary.missing.join(", ")}>
            {summary.missing.join(", ")}
          </span>
        </>
      ),
    },
    {
      ...money("known", "Known of it", currency, ({ summary }) => summary.atLeast),
      cell: ({ summary }) =>
        drawn(summary.atLeast) === 0 ? (
          <span className="text-ink-3">nothing</span>
        ) : (
          <data value={summary.atLeast}>{formatMoney(summary.atLeast, currency)} or more</data>
        ),
      width: 9,
    },
  ];
}
