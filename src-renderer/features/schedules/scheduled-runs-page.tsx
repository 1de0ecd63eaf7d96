import { PageHeader } from "../../app/page-header.tsx";
import { ScheduleTabs } from "./schedule-tabs.tsx";

export function ScheduledRunsPage() {
  return (
    <>
      <PageHeader title="Runs of schedules" />
      <ScheduleTabs />
      <main id="content" tabIndex={-1} className="flex min-h-0 flex-1 flex-col outline-none" />
    </>
  );
}
