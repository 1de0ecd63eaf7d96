import { type FormEvent, useEffect, useState } from "react";
import type { AppErrorData } from "../../src-core/model/error.ts";
import { Button } from "../components/button.tsx";
import { CopyButton } from "../components/copy-button.tsx";
import { Field, TextInput } from "../components/field.tsx";
import { link } from "./api-client.ts";
import { BrandMark } from "./brand.tsx";
import { readPasted, signIn } from "./session.ts";
import { useTitle } from "./use-title.ts";

const COMMAND = "npm run -s cli -- page";

/**
 * Signs in with whatever was given: a code first, then as a token (who pastes need not know which it is).
 * @returns null when signed in
 */
async function signInWithAny(credential: string): Promise<AppErrorData | null> {
  const asCode = await signIn({ code: credential });
  if (asCode === null || asCode.code !== "auth.invalid") return asCode;
  return signIn({ token: credential });
}

/** What a browser sees that the service does not know yet. `refused` says why a code from the address did not work. */
export function SignInPage({ refused }: { refused: AppErrorData | null }) {
  useTitle("Sign in");
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<AppErrorData | null>(refused);
  useEffect(() => setError(refused), [refused]);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const credential = readPasted(text);
    if (credential === "") return;
    setBusy(true);
    const problem = await (text.includes("#code=") ? signIn({ code: credential }) : signInWithAny(credential));
    setBusy(false);
    setError(problem);
    if (problem === null) link.start();
  };

  return (
    <main className="grid h-full place-items-center bg-canvas p-6">
      <div className="w-full max-w-md">
        <div className="mb-5 flex items-center gap-3">
          <BrandMark className="size-9" />
          <div>
            <h1 className="text-lg font-semibold tracking-tight">Sign in to HyperSDK</h1>
            <p className="text-ink-2">This browser is not known to the program yet.</p>
          </div>
        </div>
        <form onSubmit={submit} className="grid gap-3 rounded-lg border border-line bg-surface p-5">
          <Field
            label="One-time code, sign-in address or access token"
            error={error === null ? undefined : [error.message, error.hint].filter(Boolean).join(" ")}
          >
            {(ids) => (
              <TextInput
                {...ids}
                className="font-mono"
                value={text}
                onChange={(event) => setText(event.target.value)}
                autoFocus
              />
            )}
          </Field>
          <Button type="submit" look="primary" busy={busy} disabled={readPasted(text) === ""}>
            Sign in
          </Button>
        </form>
        <div className="mt-4 text-ink-2">
          <p>On the computer where the program runs, this prints an address that signs you in once:</p>
          <p className="mt-1.5 flex items-center justify-between rounded-md border border-line bg-sunken py-1 pr-1 pl-3">
            <code className="text-xs text-ink">{COMMAND}</code>
            <CopyButton text={COMMAND} label="Copy command" />
          </p>
        </div>
      </div>
    </main>
  );
}
