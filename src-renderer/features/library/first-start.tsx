import { FileSearch, Replace, ShieldCheck } from "lucide-react";
import { AddFolderForm } from "./add-folder-form.tsx";

const STEPS = [
  {
    icon: FileSearch,
    title: "Find",
    text: "Machines (OVF, VMX) and disks (VMDK, QCOW2, VHD, VHDX, VDI, raw) below the folder are listed with their sizes, snapshots and parents. Nothing is changed.",
  },
  {
    icon: Replace,
    title: "Convert",
    text: "Any disk becomes another format. Free space and unsupported features are checked before work starts.",
  },
  {
    icon: ShieldCheck,
    title: "Verify",
    text: "The result is read back, compared with the source byte for byte and sealed with a SHA-256 manifest.",
  },
] as const;

/** What somebody sees who has no library yet: what this is for, and the one thing to do. */
export function FirstStart() {
  return (
    <div className="grid h-full place-items-center overflow-auto p-8">
      <div className="w-full max-w-2xl">
        <Strata />
        <h2 className="mt-7 text-xl font-semibold tracking-tight">Where are your virtual disks?</h2>
        <p className="mt-1 mb-5 text-base text-ink-2">
          Add a folder of this computer. The program reads only inside the folders you add.
        </p>
        <AddFolderForm autoFocus />
        <ol className="mt-9 grid gap-5 border-t border-line pt-5 sm:grid-cols-3">
          {STEPS.map(({ icon: Icon, title, text }) => (
            <li key={title}>
              <h3 className="flex items-center gap-2 font-semibold">
                <Icon aria-hidden className="size-4 text-accent" />
                {title}
              </h3>
              <p className="mt-1 text-xs text-ink-2">{text}</p>
            </li>
          ))}
        </ol>
      </div>
    </div>
  );
}

const ROWS = [
  "dddddddddddddzzdddddddddhhhhhhhhhhhhhhddddhhhhhhhhhhhhhh",
  "dddhhhddddddddddzzzzzddddddddddddhhhhhhhhhhhhhhhhhhddddd",
  "ddddddhhhhhhhhhhhhddddddddzzhhhhhhhhhhhhhhhhhhhhhhhhhhhh",
] as const;
const FILLS = { d: "bg-accent-fill", z: "bg-zero", h: "hatch opacity-60" } as const;

/** A picture of three disks: data, zeros and holes as rows of grains. */
function Strata() {
  return (
    <div aria-hidden className="grid gap-1">
      {ROWS.map((row) => (
        <div key={row} className="flex h-2.5 gap-px">
          {row.match(/(.)\1*/g)?.map((run, index, runs) => (
            <span
              key={runs.slice(0, index).join("").length}
              className={`grain rounded-[1px] ${FILLS[run.charAt(0) as keyof typeof FILLS]}`}
              style={{ flexGrow: run.length }}
            />
          ))}
        </div>
      ))}
    </div>
  );
}
