/** A word when a run ends, once: in the corner, wherever one is; on the run's own page, which shows it, only read out. */
import { toast } from "sonner";
import { hasEnded } from "../../src-core/job/run-state.ts";
import type { RunSummary, WorkState } from "../../src-core/model/run.ts";
import { announce } from "../components/announcer.tsx";
import { router } from "./routes.tsx";

/** `before`: the state this page knew; a run it did not know as going on is not news (a replay after reconnecting). */
export function tellOfRun(run: RunSummary, before: WorkState | undefined): void {
  if (before === undefined || hasEnded(before) || !hasEnded(run.state)) return;
  const shown = router.state.location.pathname === `/jobs/${run.id}`;
  const show = {
    action: { label: "Show", onClick: () => void router.navigate({ to: "/jobs/$runId", params: { runId: run.id } }) },
  };
  if (run.state === "succeeded") {
    const found = run.outcome === null ? run.name : `${run.name}: ${run.outcome.text}`;
    announce(`Done: ${found}`);
    const tell = run.outcome?.good === false ? toast.error : toast.success;
    if (!shown) tell("Done", { ...show, description: found });
  } else if (run.state === "failed") {
    announce(`Failed: ${run.name}. ${run.error?.message ?? ""}`);
    const description = `${run.name}: ${run.error?.message ?? "unknown error"}`;
    if (!shown) toast.error("Failed", { ...show, description, duration: 12_000 });
  } else {
    announce(`Canceled: ${run.name}`);
    if (!shown) toast("Canceled", { ...show, description: run.name });
  }
}
