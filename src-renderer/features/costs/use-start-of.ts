/** A plan begun on another page: the address says from what; the form is filled once that is known. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { api } from "../../app/api-client.ts";
import { useLibraryItems } from "../../app/queries.ts";
import { announce } from "../../components/announcer.tsx";
import { useCostPlan } from "../../ui-state/cost-plan.ts";
import { fromDisk, fromLibraryMachine, fromMachine, type StartFields } from "./start-from.ts";

export interface StartOf {
  /** Path of a disk of the library. */
  disk?: string;
  /** Id of a machine of the library. */
  item?: string;
  source?: string;
  /** Id of a machine of `source`. */
  machine?: string;
}

export function useStartOf({ disk, item, source, machine }: StartOf): void {
  const { items, pending } = useLibraryItems();
  const change = useCostPlan((state) => state.change);
  const navigate = useNavigate();
  const row = useQuery({
    ...api.inventory.machines.queryOptions({ input: { sourceId: source ?? "", limit: 1000 } }),
    enabled: source !== undefined && machine !== undefined,
  }).data?.items.find(({ id }) => id === machine);
  const found = items.find(({ id }) => id === item);
  let fields: StartFields | null = null;
  if (disk !== undefined) fields = pending ? null : fromDisk(disk, items);
  else if (found !== undefined) fields = fromLibraryMachine(found);
  else if (row !== undefined) fields = fromMachine(row);
  const given = fields === null ? null : JSON.stringify(fields);
  useEffect(() => {
    if (given === null) return;
    const filled = JSON.parse(given) as StartFields;
    change(filled);
    announce(`Plan filled from ${filled.name}`);
    // Once: what is changed afterwards is not to be filled over when the page is opened again.
    void navigate({ to: "/costs", search: {}, replace: true });
  }, [given, change, navigate]);
}
