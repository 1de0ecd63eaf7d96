/** Starts a structural check of a disk and goes to where it is followed. */
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { announce } from "../components/announcer.tsx";
import { baseName } from "../format/path.ts";
import { api } from "./api-client.ts";
import { toastError } from "./toast-error.ts";

export function useCheck() {
  const navigate = useNavigate();
  return useMutation(
    api.disks.check.mutationOptions({
      onSuccess: ({ runId }, { path }) => {
        announce(`Check of ${baseName(path)} started`);
        void navigate({ to: "/jobs/$runId", params: { runId } });
      },
      onError: toastError,
    }),
  );
}
