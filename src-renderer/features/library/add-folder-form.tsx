import { useMutation } from "@tanstack/react-query";
import { FolderPlus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { api, queryClient } from "../../app/api-client.ts";
import { toErrorData } from "../../app/error-data.ts";
import { FolderField } from "../../app/folder-field.tsx";
import { librariesQuery } from "../../app/queries.ts";
import { announce } from "../../components/announcer.tsx";
import { Button } from "../../components/button.tsx";

/** Names a folder and makes it a library. `onAdded` after the service took it; scanning goes on by itself. */
export function AddFolderForm({ onAdded, autoFocus }: { onAdded?: () => void; autoFocus?: boolean }) {
  const [path, setPath] = useState("");
  const add = useMutation(
    api.libraries.add.mutationOptions({
      onSuccess: (library) => {
        queryClient.setQueryData(librariesQuery.queryKey, (all) =>
          all === undefined ? undefined : all.some((l) => l.id === library.id) ? all : [...all, library],
        );
        announce(`Folder ${library.path} added`);
        setPath("");
        onAdded?.();
      },
    }),
  );
  const error = add.error === null ? undefined : toErrorData(add.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (path.trim() !== "") add.mutate({ path: path.trim() });
  };
  return (
    <form onSubmit={submit} className="flex items-start gap-2 text-left">
      <FolderField
        className="flex-1"
        label="Folder"
        value={path}
        onChange={(next) => {
          setPath(next);
          if (add.isError) add.reset();
        }}
        placeholder="/srv/vm"
        error={error === undefined ? undefined : [error.message, error.hint].filter(Boolean).join(" ")}
        {...(autoFocus === true ? { autoFocus } : {})}
      />
      <Button type="submit" look="primary" className="mt-5" busy={add.isPending} disabled={path.trim() === ""}>
        <FolderPlus aria-hidden />
        Add folder
      </Button>
    </form>
  );
}
