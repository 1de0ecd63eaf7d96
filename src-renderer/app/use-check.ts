/** Starts a structural check of a disk and goes to where it is followed. */
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { toast } from "sonner";
import { announce } from "../components/announcer.tsx";
import { baseName } from "../format/path.ts";
import { api } from "./api-client.ts";
import { toErrorData } from "./error-data.ts";

export function useCheck() {
  const navigate = useNavigate();
  return useMutation(
    api.disks.check.mutationOptions({
      onSuccess: ({ runId }, { path }) => {
        announce(`Check of ${baseName(path)} started`);
        void navigate({ to: "/jobs/$runId", params: { runId } });
      },
      onError: (error: unknown) => {
        const { message, hint } = toErrorData(error);
        toast.error(message, hint === undefined ? {} : { description: hint });
      },
    }),
  );
}
