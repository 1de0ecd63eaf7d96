import { Power, PowerOff, X, Zap } from "lucide-react";
import type { MachineRow } from "../../../src-core/model/machine-view.ts";
import { Button, IconButton } from "../../components/button.tsx";
import { plural } from "./source-words.ts";
import type { MachineActions } from "./use-machine-actions.tsx";

/** What can be done with the machines that are selected. */
export function SelectionBar(props: {
  machines: readonly MachineRow[];
  mayPower: boolean;
  actions: MachineActions;
  onClear: () => void;
}) {
  const { machines, mayPower, actions, onClear } = props;
  return (
    <section
      aria-label="Selected machines"
      className="flex h-10 shrink-0 items-center gap-2 border-b border-line bg-accent-soft px-3"
    >
      <IconButton label="Select none" onClick={onClear}>
        <X aria-hidden />
      </IconButton>
      <span className="font-medium" aria-live="polite">
        {plural(machines.length, "machine")} selected
      </span>
      {mayPower ? (
        <span className="ml-auto flex gap-1.5">
          <Button size="small" disabled={actions.busy} onClick={() => actions.power(machines, "on")}>
            <Zap aria-hidden />
            Switch on
          </Button>
          <Button size="small" disabled={actions.busy} onClick={() => actions.power(machines, "shutdown")}>
            <Power aria-hidden />
            Shut down
          </Button>
          <Button size="small" disabled={actions.busy} onClick={() => actions.power(machines, "off")}>
            <PowerOff aria-hidden />
            Switch off
          </Button>
        </span>
      ) : null}
    </section>
  );
}
