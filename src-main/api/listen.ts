/** Binds the server to a port: exactly the one asked for, or the first free one from 8080 on. */
import type { Server } from "node:http";
import { AppError } from "../../src-core/model/error.ts";

const FIRST_PORT = 8080;
const TRIES = 100;

/** @returns the port that was bound. @throws AppError service.port-taken, service.address */
export async function listen(server: Server, host: string, port: number | undefined): Promise<number> {
  if (port !== undefined) return bind(server, host, port);
  for (let offset = 0; offset < TRIES; offset += 1) {
    try {
      return await bind(server, host, FIRST_PORT + offset);
    } catch (thrown) {
      if (!(thrown instanceof AppError && thrown.code === "service.port-taken")) throw thrown;
    }
  }
  return bind(server, host, 0);
}

function bind(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException) => {
      server.off("listening", bound);
      const details = { host, port };
      if (cause.code === "EADDRINUSE" || cause.code === "EACCES") {
        const why = cause.code === "EACCES" ? "may not be used by this account" : "is taken by another program";
        reject(new AppError("service.port-taken", `Port ${port} on ${host} ${why}.`, { cause, details }));
      } else {
        reject(
          new AppError("service.address", `The address ${host} cannot be used: ${cause.code}.`, { cause, details }),
        );
      }
    };
    const bound = () => {
      server.off("error", failed);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    };
    server.once("error", failed);
    server.once("listening", bound);
    server.listen({ host, port, exclusive: true });
  });
}
