import { useMutation, useQuery } from "@tanstack/react-query";
import { CirclePause } from "lucide-react";
import { api, queryClient } from "../../app/api-client.ts";
import { scheduleStatusQuery } from "../../app/schedule-queries.ts";
import { toastError } from "../../app/toast-error.ts";
import { Button } from "../../components/button.tsx";
import { formatAbsolute } from "../../format/date.ts";
import { pausedAt, pauseEndWords } from "../../format/schedule-words.ts";

/** Says on every page about schedules that all of them are paused, why, and until when. */
export function PauseBanner({ nowMs }: { nowMs: number }) {
  const status = useQuery(scheduleStatusQuery).data;
  const resume = useMutation(
    api.schedules.resumeAll.mutationOptions({
      onSuccess: (next) => queryClient.setQueryData(scheduleStatusQuery.queryKey, next),
      onError: toastError,
    }),
  );
  const pause = status?.pause ?? null;
  if (!pausedAt(pause, nowMs)) return null;
  return (
    <section
      aria-label="All schedules are paused"
      className="flex shrink-0 items-center gap-2.5 border-b border-warn/45 bg-warn-soft px-4 py-2"
    >
      <CirclePause aria-hidden className="size-4 shrink-0 text-warn" />
      <p className="min-w-0 flex-1 truncate" title={pause.untilAt === null ? undefined : formatAbsolute(pause.untilAt)}>
        <span className="font-medium">All schedules are paused</span> {pauseEndWords(pause, nowMs)}
        {pause.reason === "" ? "" : `: ${pause.reason}`}
      </p>
      <Button size="small" busy={resume.isPending} onClick={() => resume.mutate(undefined)}>
        End the pause
      </Button>
    </section>
  );
}
