import { useMutation, useQuery } from "@tanstack/react-query";
import type { Source } from "../../../src-core/model/source.ts";
import { api, client } from "../../app/api-client.ts";
import { toErrorData } from "../../app/error-data.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { TestResult } from "./test-result.tsx";

/** Connects to a source once more, beside the connection it has, and says what works. */
export function TestDialog({ source, onClose, onEdit }: { source: Source; onClose: () => void; onEdit: () => void }) {
  const test = useQuery({
    queryKey: ["source-test", source.id],
    queryFn: ({ signal }) => client.sources.test({ id: source.id }, { signal }),
    staleTime: 0,
    gcTime: 0,
  });
  const pin = useMutation(api.sources.edit.mutationOptions({ onSuccess: () => void test.refetch() }));
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={`Test of ${source.name}`}
      description="What the account can do on the source, and which privileges it lacks."
      footer={
        <>
          <Button className="mr-auto" onClick={onEdit}>
            Edit source…
          </Button>
          <Button busy={test.isFetching} onClick={() => void test.refetch()}>
            Test again
          </Button>
          <Button look="primary" onClick={onClose}>
            Close
          </Button>
        </>
      }
    >
      {test.error !== null ? (
        <ErrorCard error={toErrorData(test.error)} />
      ) : test.data === undefined ? (
        <div role="status" aria-label="Testing" className="grid gap-2">
          <div className="skeleton h-10" />
          <div className="skeleton h-10" />
        </div>
      ) : (
        <>
          <TestResult
            test={test.data}
            onTrust={(fingerprint) => pin.mutate({ id: source.id, trust: { kind: "pinned", fingerprint } })}
          />
          {pin.error === null ? null : <ErrorCard title="It was not pinned" error={toErrorData(pin.error)} />}
        </>
      )}
    </Dialog>
  );
}
