/** Takes what is shown away: CSV, JSON, a picture, a page for a manager, a call for a shell. */
import { ChevronDown, Download } from "lucide-react";
import type { RefObject } from "react";
import { toast } from "sonner";
import { useSystem } from "../../app/queries.ts";
import { toastError } from "../../app/toast-error.ts";
import { announce } from "../../components/announcer.tsx";
import { Button } from "../../components/button.tsx";
import { Menu, MenuItem, MenuLine } from "../../components/menu.tsx";
import { formatMoney } from "../../format/money.ts";
import { useCostPlan } from "../../ui-state/cost-plan.ts";
import { ageWords, readWords } from "./book-words.ts";
import { chartPicture, type LegendEntry, toPng } from "./chart-picture.ts";
import { shortLabel } from "./compare-view.ts";
import { spanWords } from "./cost-form.ts";
import { compareCsv, projectionCsv } from "./csv.ts";
import { curlText } from "./curl.ts";
import { offerId } from "./offer-id.ts";
import { PART_WORDS, PARTS } from "./part-words.ts";
import { projectedIds, useProjection } from "./projection-tab.tsx";
import { reportOf } from "./report.ts";
import { fileName, saveFile } from "./save-file.ts";
import { seriesLook } from "./series-look.ts";
import { useEstimate } from "./use-estimate.ts";
import type { Plan } from "./use-plan.ts";
import { chosenId } from "./where-tab.tsx";

export type CostTab = "compare" | "projection" | "where";

interface ExportMenuProps {
  plan: Plan;
  tab: CostTab;
  picture: RefObject<HTMLDivElement | null>;
}

const TITLES: Record<CostTab, string> = {
  compare: "Cost by class",
  projection: "Cost over the months",
  where: "Where the money goes",
};

export function ExportMenu({ plan, tab, picture }: ExportMenuProps) {
  const form = useCostPlan((state) => state.form);
  const chosen = useCostPlan((state) => state.chosen);
  const projected = useCostPlan((state) => state.projected);
  const system = useSystem();
  const { info, currency, settled, needs, view, recommendation } = plan;
  const { projection } = useProjection(plan);
  const { best } = recommendation;
  const recommended = useEstimate(plan, best === null ? undefined : plan.offers.get(offerId(best.offer)));
  const looked = useEstimate(plan, plan.offers.get(chosenId(plan, chosen) ?? ""));
  const day = () => new Date().toISOString().slice(0, 10);
  const name = (what: string, extension: string) => fileName(form.name, what, day(), extension);
  const attempt = (what: string, make: () => Promise<void> | void) => () => {
    void (async () => {
      try {
        await make();
        announce(`${what} made`);
      } catch (thrown) {
        toastError(thrown);
      }
    })();
  };
  const book = { serial: info.serial, generatedAt: info.generatedAt, expiresAt: info.expiresAt };
  const csv = attempt("CSV", () => {
    const text =
      tab === "projection" && projection !== null
        ? projectionCsv(projection, currency)
        : compareCsv([...view.known, ...view.unknown], currency, info.serial);
    saveFile(name(tab === "projection" ? "cost-projection" : "costs", "csv"), new Blob([text], { type: "text/csv" }));
  });
  const json = attempt("JSON", () => {
    const answers = {
      compare: { needs, recommendation, rows: [...view.known, ...view.unknown].map(({ summary }) => summary) },
      projection: { projection },
      where: { estimate: looked.estimate },
    }[tab];
    const text = JSON.stringify({ workload: settled, currency, book, ...answers }, null, 2);
    saveFile(name("costs", "json"), new Blob([text], { type: "application/json" }));
  });
  const png = attempt("Picture", async () => {
    const container = picture.current;
    if (container === null) throw new Error("There is no chart on this page.");
    const subtitle = [form.name, spanWords(form), best === null ? "" : `cheapest: ${best.offer.label}`];
    const framed = chartPicture(container, {
      title: TITLES[tab],
      subtitle: subtitle.filter((part) => part !== "").join(" · "),
      legend: legendOf(plan, tab, projectedIds(plan, projected)),
      footer: `${readWords(info)} (${ageWords(info)}), ${currency}`,
    });
    saveFile(name("costs", "png"), await toPng(framed));
  });
  const pdf = attempt("PDF", async () => {
    const { reportPdf } = await import("./report-pdf.ts");
    const report = reportOf({ form, view, recommendation, estimate: recommended.estimate, info, day: day() });
    saveFile(name("costs", "pdf"), reportPdf(report));
  });
  const curl = attempt("Call", async () => {
    if (system === undefined) throw new Error("The program has not said yet where it listens.");
    const text = curlText(
      system.url,
      `${system.dataFolder}/token`,
      ...question(plan, tab, chosenId(plan, chosen), projection),
    );
    await navigator.clipboard.writeText(text);
    toast.success("Copied as curl");
  });
  return (
    <Menu
      trigger={
        <Button disabled={plan.error !== null || !plan.atRest}>
          <Download aria-hidden />
          <span className="max-md:sr-only">Export</span>
          <ChevronDown aria-hidden />
        </Button>
      }
    >
      <MenuItem onSelect={pdf}>One-page PDF{best === null ? "" : `, ${formatMoney(best.total, currency)}`}</MenuItem>
      <MenuItem onSelect={png}>Picture of the chart (PNG)</MenuItem>
      <MenuItem onSelect={csv}>Table (CSV)</MenuItem>
      <MenuItem onSelect={json}>Everything (JSON)</MenuItem>
      <MenuLine />
      <MenuItem onSelect={curl}>Copy as curl</MenuItem>
    </Menu>
  );
}

function legendOf(plan: Plan, tab: CostTab, ids: readonly string[]): LegendEntry[] {
  if (tab !== "projection") return PARTS.map((part) => ({ kind: "part", part, label: PART_WORDS[part] }));
  return ids.flatMap((id, at): LegendEntry[] => {
    const offer = plan.offers.get(id);
    return offer === undefined ? [] : [{ kind: "line", label: shortLabel(offer), ...seriesLook(at) }];
  });
}

/** The call of the REST port that gives what the tab shows. */
function question(
  { settled, needs, offers }: Plan,
  tab: CostTab,
  id: string | null,
  projection: ReturnType<typeof useProjection>["projection"],
): [string, unknown] {
  if (tab === "projection") {
    const keys = (projection?.offers ?? []).map(({ offer: { label: _label, ...key } }) => key);
    return ["/cost/project", { workload: settled, offers: keys }];
  }
  const offer = tab === "where" ? offers.get(id ?? "") : undefined;
  return offer === undefined
    ? ["/cost/compare", { workload: settled, needs }]
    : ["/cost/estimate", { workload: settled, offer: offer.key }];
}
