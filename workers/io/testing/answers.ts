import { connect } from "node:net";

/** Whether somebody listens: a socket's file is there before. @param at a unix socket, or a port of this machine */
export function answers(at: string | number): Promise<boolean> {
  return new Promise((resolve) => {
    const looking = typeof at === "string" ? connect(at) : connect(at, "127.0.0.1");
    looking.on("connect", () => resolve(looking.destroy().destroyed)).on("error", () => resolve(false));
  });
}
