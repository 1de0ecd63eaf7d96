/** Bytes on a socket and WebSocket handshakes, exactly as an attacker would send them. */
import { connect } from "node:net";
import { WebSocket } from "ws";

/** Sends raw bytes and collects what comes back until the other side closes. `onData` is told all that has come so far. */
export function sendRaw(port: number, text: string | Buffer, onData?: (got: string) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    let got = "";
    socket.on("data", (chunk) => {
      got += chunk.toString("latin1");
      onData?.(got);
    });
    socket.on("close", () => resolve(got));
    socket.on("error", (error: NodeJS.ErrnoException) => (error.code === "ECONNRESET" ? resolve(got) : reject(error)));
  });
}

/** How the server answers a WebSocket handshake: "open", or the HTTP status. */
export function shakeHands(port: number, headers: Record<string, string>, path = "/rpc"): Promise<"open" | number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
    socket.on("open", () => {
      socket.terminate();
      resolve("open");
    });
    socket.on("unexpected-response", (_request, response) => {
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.on("error", reject);
  });
}
