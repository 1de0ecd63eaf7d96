import { useMutation, useQuery } from "@tanstack/react-query";
import { Pause, Play } from "lucide-react";
import { IconButton } from "../components/button.tsx";
import { api, queryClient } from "./api-client.ts";
import { systemQuery } from "./queries.ts";
import { toastError } from "./toast-error.ts";

/** Pauses or resumes all work. The event stream confirms it; the answer is put into the cache at once. */
export function usePause(): { paused: boolean; busy: boolean; toggle: () => void } {
  const paused = useQuery(systemQuery).data?.workPaused ?? false;
  const settle = {
    onSuccess: ({ workPaused }: { workPaused: boolean }) => {
      queryClient.setQueryData(systemQuery.queryKey, (info) => (info === undefined ? info : { ...info, workPaused }));
    },
    onError: toastError,
  };
  const pause = useMutation(api.system.pause.mutationOptions(settle));
  const resume = useMutation(api.system.resume.mutationOptions(settle));
  return {
    paused,
    busy: pause.isPending || resume.isPending,
    toggle: () => (paused ? resume.mutate({}) : pause.mutate({})),
  };
}

export function PauseButton() {
  const { paused, busy, toggle } = usePause();
  return (
    <IconButton label={paused ? "Resume all" : "Pause all"} className="size-8" busy={busy} onClick={toggle}>
      {paused ? <Play aria-hidden className="text-warn" /> : <Pause aria-hidden />}
    </IconButton>
  );
}
