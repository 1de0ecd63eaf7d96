/** Calls of AuthorizationManager. */
import type { Session } from "../session.ts";
import { childrenOf, needRef, needText, type Ref, textAt } from "../soap/read-value.ts";
import { refs, value, values } from "../soap/write-request.ts";

/** The privileges that the session's account lacks on each of the objects, by the object's id. */
export async function missingPrivileges(
  session: Session,
  manager: Ref,
  objects: readonly Ref[],
  privileges: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const content = [refs("entity", objects), value("sessionId", session.key), values("privId", privileges)];
  const answer = await session.call(
    { method: "HasPrivilegeOnEntities", target: manager, content, reads: true },
    signal,
  );
  return new Map(
    childrenOf(answer, "returnval").map((one) => [
      needRef(one, "entity").id,
      childrenOf(one, "privAvailability")
        .filter((availability) => textAt(availability, "isGranted") !== "true")
        .map((availability) => needText(availability, "privId")),
    ]),
  );
}
