/** One call of main, done on a connection. */
import type { SourceCall } from "../../src-core/model/source-session.ts";
import type { Connection } from "../providers/provider.ts";

/** @returns what SOURCE_ANSWERS says of the call. @throws as the connection */
export async function answerCall(connection: Connection, call: SourceCall, signal: AbortSignal): Promise<unknown> {
  switch (call.kind) {
    case "machine":
      return connection.machine(call.machineId);
    case "power":
      await connection.power(call.machineId, call.action, signal);
      return null;
    case "create-snapshot": {
      const { machineId, name, description, quiesce, memory } = call;
      return connection.createSnapshot(machineId, { name, description, quiesce, memory }, signal);
    }
    case "remove-snapshot":
      await connection.removeSnapshot(call.machineId, call.snapshotId, signal);
      return null;
    case "revert-snapshot":
      await connection.revertSnapshot(call.machineId, call.snapshotId, signal);
      return null;
    case "leftovers":
      return connection.leftovers();
    case "remove-leftover":
      await connection.removeLeftover(call.leftover);
      return null;
    case "test":
      return connection.test();
  }
}
