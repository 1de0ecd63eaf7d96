import { useMutation, useQuery } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { type FormEvent, useState } from "react";
import type { TokenInfo } from "../../../src-core/model/settings.ts";
import { api, queryClient } from "../../app/api-client.ts";
import { toErrorData } from "../../app/error-data.ts";
import { toastError } from "../../app/toast-error.ts";
import { Button } from "../../components/button.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { CopyButton } from "../../components/copy-button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { Field, TextInput } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import { TimeText } from "../../components/quantity.tsx";
import { Tag } from "../../components/tag.tsx";
import { useNow } from "../../components/use-now.ts";

const tokensQuery = api.tokens.list.queryOptions();

/** Access tokens of the local port: made here, shown once, revoked here. */
export function TokensPanel() {
  const now = useNow();
  const tokens = useQuery({ ...tokensQuery, staleTime: 0 });
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<TokenInfo | null>(null);
  const refresh = () => queryClient.invalidateQueries({ queryKey: tokensQuery.queryKey });
  const revoke = useMutation(
    api.tokens.revoke.mutationOptions({
      onSuccess: refresh,
      onError: toastError,
    }),
  );
  return (
    <Panel
      title="Access tokens"
      note="for scripts and SDKs on the local port"
      padded={false}
      actions={
        <Button size="small" onClick={() => setCreating(true)}>
          <KeyRound aria-hidden />
          Create token
        </Button>
      }
    >
      {tokens.error !== null ? (
        <div className="p-3.5">
          <ErrorCard error={toErrorData(tokens.error)} />
        </div>
      ) : tokens.data === undefined ? (
        <div role="status" aria-label="Loading" className="p-3.5">
          <div className="skeleton h-8" />
        </div>
      ) : (
        <ul>
          {tokens.data.map((token) => (
            <li key={token.id} className="flex items-center gap-3 border-t border-line/60 px-3.5 py-2 first:border-t-0">
              <span className="min-w-0 flex-1 truncate font-medium">{token.label}</span>
              {token.builtIn ? <Tag title="The installation's own token, in its token file">built in</Tag> : null}
              <span className="w-40 text-xs text-ink-2">
                {token.lastUsedAt === null ? (
                  "never used"
                ) : (
                  <>
                    used <TimeText iso={token.lastUsedAt} nowMs={now} />
                  </>
                )}
              </span>
              <span className="w-40 text-xs text-ink-3">
                made <TimeText iso={token.createdAt} nowMs={now} />
              </span>
              <Button size="small" aria-label={`Revoke ${token.label}`} onClick={() => setRevoking(token)}>
                Revoke
              </Button>
            </li>
          ))}
          {tokens.data.length === 0 ? <li className="p-3.5 text-ink-2">There are no tokens.</li> : null}
        </ul>
      )}
      {creating ? <CreateToken onClose={() => setCreating(false)} onCreated={refresh} /> : null}
      <ConfirmDialog
        open={revoking !== null}
        onOpenChange={(open) => (open ? undefined : setRevoking(null))}
        title={`Revoke ${revoking?.label ?? ""}?`}
        action="Revoke"
        onConfirm={() => revoking !== null && revoke.mutate({ id: revoking.id })}
      >
        {revoking?.builtIn === true
          ? "The token file gets a new token. Programs that read the file go on; copies of the old token stop working at once."
          : "Whatever uses this token is refused from now on. This cannot be undone."}
      </ConfirmDialog>
    </Panel>
  );
}

function CreateToken({ onClose, onCreated }: { onClose: () => void; onCreated: () => void }) {
  const [label, setLabel] = useState("");
  const create = useMutation(api.tokens.create.mutationOptions({ onSuccess: onCreated }));
  const made = create.data;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (label.trim() !== "") create.mutate({ label: label.trim() });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      closeOutside={made === undefined}
      title={made === undefined ? "Create an access token" : "Copy the token now"}
      description={
        made === undefined
          ? "A token may do everything this program can do."
          : "It is shown this once and never again: only its fingerprint is kept."
      }
      footer={
        made === undefined ? (
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button
              type="submit"
              form="create-token"
              look="primary"
              busy={create.isPending}
              disabled={label.trim() === ""}
            >
              Create
            </Button>
          </>
        ) : (
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        )
      }
    >
      {made === undefined ? (
        <form id="create-token" onSubmit={submit} className="grid gap-3">
          <Field label="Name" hint="What will use it, e.g. “nightly script on db01”.">
            {(ids) => (
              <TextInput
                {...ids}
                autoFocus
                maxLength={100}
                value={label}
                onChange={(event) => setLabel(event.target.value)}
              />
            )}
          </Field>
          {create.error === null ? null : <ErrorCard error={toErrorData(create.error)} />}
        </form>
      ) : (
        <div className="flex items-center gap-2 rounded-md border border-line bg-sunken p-2.5">
          <output aria-label="New token" className="min-w-0 flex-1 font-mono text-xs break-all">
            {made.token}
          </output>
          <CopyButton text={made.token} label="Copy token">
            Copy
          </CopyButton>
        </div>
      )}
    </Dialog>
  );
}
