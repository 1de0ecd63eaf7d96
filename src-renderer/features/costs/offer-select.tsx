/** Choosing one class of those that meet the needs, the cheapest first. */
import { Select } from "../../components/select.tsx";
import { formatMoney } from "../../format/money.ts";
import { type CompareRow, shortLabel } from "./compare-view.ts";
import type { Plan } from "./use-plan.ts";

interface OfferSelectProps {
  plan: Plan;
  label: string;
  value: string;
  /** What stands there for "". */
  nothing?: string;
  except?: readonly string[];
  onChange: (id: string) => void;
  className?: string;
}

export function OfferSelect({ plan, label, value, nothing, except, onChange, className }: OfferSelectProps) {
  const { known, unknown } = plan.view;
  const option = ({ id, offer, summary }: CompareRow) => ({
    value: id,
    label: `${shortLabel(offer)} — ${formatMoney(summary.total, plan.currency)}`,
  });
  const rows = [...known, ...unknown].filter(({ id }) => except?.includes(id) !== true);
  return (
    <Select
      label={label}
      className={className ?? "w-80 max-w-full"}
      value={value}
      onValueChange={onChange}
      options={[...(nothing === undefined ? [] : [{ value: "", label: nothing }]), ...rows.map(option)]}
    />
  );
}
