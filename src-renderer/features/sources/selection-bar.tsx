import { Power, PowerOff, X, Zap } from "lucide-react";
import type { ReactNode } from "react";
import type { MachineRow } from "../../../src-core/model/machine-view.ts";
import { Button, IconButton } from "../../components/button.tsx";
import { formatCount } from "../../format/bytes.ts";
import { plural } from "../../format/plural.ts";
import { type MachineActions, switchable } from "./use-machine-actions.tsx";

interface SelectionBarProps {
  machines: readonly MachineRow[];
  /** How many of them the search and filters hide. */
  hiddenCount: number;
  mayPower: boolean;
  actions: MachineActions;
  onClear: () => void;
  /** What other parts of the program do with a selection (an export, say): buttons, shown before those that switch. */
  children?: ReactNode;
}

/** What can be done with the machines that are selected. */
export function SelectionBar(props: SelectionBarProps) {
  const { machines, hiddenCount, mayPower, actions, onClear, children } = props;
  const on = switchable(machines, "on");
  const off = switchable(machines, "off");
  const titled = (count: number) => (count === machines.length ? undefined : `${formatCount(count)} of them`);
  return (
    <section
      aria-label="Selected machines"
      className="flex min-h-10 shrink-0 flex-wrap items-center gap-2 border-b border-line bg-accent-soft px-3 py-1"
    >
      <IconButton label="Select none" onClick={onClear}>
        <X aria-hidden />
      </IconButton>
      <span aria-live="polite">
        <span className="font-medium">{plural(machines.length, "machine")} selected</span>
        {hiddenCount === 0 ? null : (
          <span className="text-ink-2">, {formatCount(hiddenCount)} not shown by this search</span>
        )}
      </span>
      <span className="ml-auto flex flex-wrap gap-1.5">
        {children}
        {mayPower ? (
          <>
            <Button
              size="small"
              disabled={actions.busy || on.length === 0}
              title={titled(on.length)}
              onClick={() => actions.power(on, "on")}
            >
              <Zap aria-hidden />
              Switch on
            </Button>
            <Button
              size="small"
              disabled={actions.busy || off.length === 0}
              title={titled(off.length)}
              onClick={() => actions.power(off, "shutdown")}
            >
              <Power aria-hidden />
              Shut down
            </Button>
            <Button
              size="small"
              disabled={actions.busy || off.length === 0}
              title={titled(off.length)}
              onClick={() => actions.power(off, "off")}
            >
              <PowerOff aria-hidden />
              Switch off
            </Button>
          </>
        ) : null}
      </span>
    </section>
  );
}
