/** What a class must do and where it must be: bars, table and recommendation go by it. */
import { ChevronDown } from "lucide-react";
import { memo } from "react";
import type { PriceBook, RedundancyLevel } from "../../../src-core/model/price.ts";
import { Button } from "../../components/button.tsx";
import { Menu, MenuCheck } from "../../components/menu.tsx";
import { Select } from "../../components/select.tsx";
import { NO_NEEDS, useCostPlan } from "../../ui-state/cost-plan.ts";
import { CONTINENT_WORDS, REDUNDANCY_WORDS } from "./part-words.ts";

const WAITS = [
  { value: "any", label: "Any restore time" },
  { value: "0", label: "Restore at once" },
  { value: "1", label: "Restore within 1 h" },
  { value: "5", label: "Restore within 5 h" },
  { value: "12", label: "Restore within 12 h" },
  { value: "24", label: "Restore within 24 h" },
];

export const FilterBar = memo(function FilterBar({ book }: { book: PriceBook }) {
  const needs = useCostPlan((state) => state.needs);
  const need = useCostPlan((state) => state.need);
  const chosen = (id: string) => needs.providers.length === 0 || needs.providers.includes(id);
  const toggle = (id: string) => {
    const all = book.providers.map((provider) => provider.id);
    const next = all.filter((each) => (each === id ? !chosen(id) : chosen(each)));
    need({ providers: next.length === all.length ? [] : next, region: "" });
  };
  const place =
    needs.region !== "" ? `region ${needs.region}` : needs.continent !== "" ? `land ${needs.continent}` : "";
  return (
    <search aria-label="Classes" className="flex flex-wrap items-center gap-2">
      <Menu
        trigger={
          <Button>
            {needs.providers.length === 0
              ? "All providers"
              : needs.providers.length === 1
                ? book.providers.find(({ id }) => id === needs.providers[0])?.label
                : `${needs.providers.length} providers`}
            <ChevronDown aria-hidden />
          </Button>
        }
      >
        {book.providers.map(({ id, label }) => (
          <MenuCheck key={id} checked={chosen(id)} onChange={() => toggle(id)}>
            {label}
          </MenuCheck>
        ))}
      </Menu>
      <Select
        label="Where"
        className="w-48"
        value={place}
        onValueChange={(value) => {
          const [kind, id = ""] = value.split(" ");
          need({ region: kind === "region" ? id : "", continent: kind === "land" ? id : "" });
        }}
        options={places(book, needs.providers)}
      />
      <Select
        label="Restore time"
        className="w-44"
        value={needs.maximumWaitHours === null ? "any" : String(needs.maximumWaitHours)}
        onValueChange={(value) => need({ maximumWaitHours: value === "any" ? null : Number(value) })}
        options={WAITS}
      />
      <Select<RedundancyLevel>
        label="Redundancy"
        className="w-40"
        value={needs.redundancy}
        onValueChange={(redundancy) => need({ redundancy })}
        options={Object.entries(REDUNDANCY_WORDS).map(([value, label]) => ({ value: value as RedundancyLevel, label }))}
      />
      {JSON.stringify(needs) === JSON.stringify(NO_NEEDS) ? null : (
        <Button look="quiet" onClick={() => need(NO_NEEDS)}>
          Clear
        </Button>
      )}
    </search>
  );
});

/** All continents of the book, then all regions of the chosen providers. */
function places(book: PriceBook, providers: readonly string[]): { value: string; label: string }[] {
  const shown = book.providers.filter(({ id }) => providers.length === 0 || providers.includes(id));
  const regions = new Map(shown.flatMap((provider) => provider.regions.map((region) => [region.id, region] as const)));
  const continents = new Set([...regions.values()].map(({ continent }) => continent).filter((c) => c !== "worldwide"));
  return [
    { value: "", label: "Everywhere" },
    ...[...continents].map((id) => ({ value: `land ${id}`, label: CONTINENT_WORDS[id] ?? id })),
    ...[...regions.values()]
      .toSorted((a, b) => a.label.localeCompare(b.label))
      .map(({ id, label }) => ({ value: `region ${id}`, label: `${label} · ${id}` })),
  ];
}
