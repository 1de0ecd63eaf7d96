import { link, queryClient } from "./api-client.ts";
import { signOut } from "./session.ts";

/** Signs this browser out: the cookie dies, what was read is forgotten, the sign-in page comes up. */
export async function endSession(): Promise<void> {
  await signOut();
  queryClient.clear();
  link.restart();
}
