import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Plus, Server } from "lucide-react";
import { useState } from "react";
import type { Source } from "../../../src-core/model/source.ts";
import { PageHeader } from "../../app/page-header.tsx";
import { ReadFailure } from "../../app/read-failure.tsx";
import { sourcesQuery } from "../../app/source-queries.ts";
import { Button } from "../../components/button.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { useNow } from "../../components/use-now.ts";
import { LeftoversNotice } from "./leftovers-notice.tsx";
import { SourceDialog } from "./source-dialog.tsx";
import { SourceRow } from "./source-row.tsx";
import { TestDialog } from "./test-dialog.tsx";

/** Where machines come from: every source with its state, and what can be done about it. */
export function SourcesPage() {
  const sources = useQuery(sourcesQuery);
  const navigate = useNavigate();
  const now = useNow(5_000);
  const [editing, setEditing] = useState<Source | "new" | null>(null);
  const [testing, setTesting] = useState<Source | null>(null);
  const none = sources.data?.length === 0;
  const add = (
    <Button look={none ? "primary" : "plain"} onClick={() => setEditing("new")}>
      <Plus aria-hidden />
      Add source
    </Button>
  );
  return (
    <>
      <PageHeader title="Sources" actions={none || sources.data === undefined ? undefined : add} />
      <main id="content" tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto outline-none">
        {sources.error !== null ? (
          <ReadFailure title="The sources could not be read" error={sources.error} onRetry={sources.refetch} />
        ) : sources.data === undefined ? (
          <div role="status" aria-label="Loading sources" className="grid gap-2 p-4">
            {[1, 2, 3].map((n) => (
              <div key={n} className="skeleton h-16" />
            ))}
          </div>
        ) : none ? (
          <EmptyState icon={<Server />} title="Where do your machines run?" action={add}>
            Add a hypervisor or a folder of machines: their disks, snapshots and what stands in an export's way are then
            seen here. Nothing on a source is changed unless you ask for it.
          </EmptyState>
        ) : (
          <>
            <LeftoversNotice sources={sources.data} nowMs={now} />
            <ul aria-label="Sources" className="grid gap-2 p-4">
              {sources.data.map((source) => (
                <SourceRow
                  key={source.id}
                  source={source}
                  nowMs={now}
                  onEdit={() => setEditing(source)}
                  onTest={() => setTesting(source)}
                />
              ))}
            </ul>
          </>
        )}
      </main>
      {editing === null ? null : (
        <SourceDialog
          source={editing === "new" ? null : editing}
          onClose={(saved) => {
            const added = editing === "new" && saved !== undefined;
            setEditing(null);
            if (added) void navigate({ to: "/sources/$sourceId", params: { sourceId: saved.id } });
          }}
        />
      )}
      {testing === null ? null : (
        <TestDialog
          source={testing}
          onClose={() => setTesting(null)}
          onEdit={() => {
            setEditing(testing);
            setTesting(null);
          }}
        />
      )}
    </>
  );
}
