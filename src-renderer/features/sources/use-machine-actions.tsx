import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { toast } from "sonner";
import type { AppErrorData } from "../../../src-core/model/error.ts";
import type { MachineRow } from "../../../src-core/model/machine-view.ts";
import { client } from "../../app/api-client.ts";
import { toErrorData } from "../../app/error-data.ts";
import { toastError } from "../../app/toast-error.ts";
import { announce } from "../../components/announcer.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { plural } from "../../format/plural.ts";

export type PowerAction = "on" | "off" | "shutdown";

const POWER: Record<PowerAction, { verb: string; done: string; means: string; danger: boolean }> = {
  on: { verb: "Switch on", done: "is on", means: "Its guest starts.", danger: false },
  off: {
    verb: "Switch off",
    done: "is off",
    means: "As if the plug was pulled: what the guest has not written is lost.",
    danger: true,
  },
  shutdown: {
    verb: "Shut down",
    done: "was asked to shut down",
    means: "Its guest is asked to end in good order, which needs its agent and takes a while.",
    danger: false,
  },
};

/** Names shown in a question. */
const NAMED = 6;

/** Those that the action changes anything about: templates never run. */
export function switchable(machines: readonly MachineRow[], action: "on" | "off"): MachineRow[] {
  if (action === "on") return machines.filter(({ power, template }) => power !== "on" && !template);
  return machines.filter(({ power }) => power !== "off");
}

/** Failures told one by one; fifty cards would cover the page. */
const TOLD = 3;

export interface MachineActions {
  power: (machines: readonly MachineRow[], action: PowerAction) => void;
  busy: boolean;
  /** The question that is open, to be put into the page. */
  dialogs: ReactNode;
}

/** Switching machines, one or several; asks first, naming them. */
export function useMachineActions(): MachineActions {
  const [asked, setAsked] = useState<{ machines: readonly MachineRow[]; action: PowerAction } | null>(null);
  const run = useMutation({
    async mutationFn({ machines, action }: { machines: readonly MachineRow[]; action: PowerAction }) {
      let done = 0;
      const failures: unknown[] = [];
      // One after the other: fifty machines that start at once bring down what they run on.
      for (const { id, sourceId, name } of machines) {
        try {
          await client.inventory.power({ id: sourceId, machineId: id, action });
          done += 1;
          announce(`${name} ${POWER[action].done}`);
        } catch (problem) {
          failures.push(inMachine(problem, name));
        }
      }
      return { done, failures };
    },
    onSuccess({ done, failures }, { machines, action }) {
      // Each on its own as long as one can read them.
      for (const failure of failures.slice(0, TOLD)) toastError(failure);
      if (failures.length > TOLD) toast.error(`${plural(failures.length - TOLD, "other machine")}: it failed too.`);
      const [first] = machines;
      if (done === 0 || first === undefined) return;
      const { verb } = POWER[action];
      toast.success(
        machines.length === 1 ? `${first.name} ${POWER[action].done}.` : `${verb}: ${plural(done, "machine")} done.`,
      );
    },
  });
  const machines = asked?.machines ?? [];
  const action = POWER[asked?.action ?? "on"];
  const who = machines.length === 1 ? (machines[0]?.name ?? "") : plural(machines.length, "machine");
  return {
    power: (chosen, which) => setAsked({ machines: chosen, action: which }),
    busy: run.isPending,
    dialogs: (
      <ConfirmDialog
        open={asked !== null}
        onOpenChange={(open) => (open ? undefined : setAsked(null))}
        title={`${action.verb} ${who}?`}
        action={action.verb}
        keep="Leave as it is"
        danger={action.danger}
        onConfirm={() => asked !== null && run.mutate(asked)}
      >
        {machines.length > 1 ? (
          <p className="font-medium text-ink">
            {machines
              .slice(0, NAMED)
              .map(({ name }) => name)
              .join(", ")}
            {machines.length > NAMED ? ` and ${machines.length - NAMED} more` : ""}
          </p>
        ) : null}
        <p className="mt-1">{action.means}</p>
      </ConfirmDialog>
    ),
  };
}

/** The error with the machine it is about, which the source need not name. */
function inMachine(problem: unknown, name: string): AppErrorData {
  const error = toErrorData(problem);
  return error.message.includes(name) ? error : { ...error, message: `${name}: ${error.message}` };
}
