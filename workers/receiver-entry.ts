/** A receiver's thread: is asked for bodies by providers/vsphere/http/receiver.ts. */
import { parentPort } from "node:worker_threads";
import { serveReceiver } from "./providers/vsphere/http/receiver-thread.ts";

if (parentPort === null) throw new Error("workers/receiver-entry.ts is started as a worker thread");
serveReceiver(parentPort);
