import { copyFileSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fillExpected } from "../../formats/testing/test-disk.ts";
import { providerConformance } from "../testing/conformance.ts";
import { createLocalProvider } from "./local.ts";
import { makeMachineFolder } from "./testing/machine-folder.ts";

providerConformance(createLocalProvider({ lookEveryMs: 20 }), async () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "hypersdk-local-")));
  const { vbox, vboxDisk } = makeMachineFolder(root);
  const config = (address: string) => ({ kind: "local", address, username: null, trust: { kind: "system" } }) as const;
  const none = { password: null, privateKey: null, passphrase: null };
  return {
    config: config(root),
    secret: none,
    secrets: [],
    machineId: vbox,
    async truth(_key, offset, length) {
      const expected = new Uint8Array(length);
      fillExpected(vboxDisk.disk, offset, expected);
      return expected;
    },
    unreachable: config(join(root, "gone")),
    wrongSecret: null,
    addMachine: async (name) => copyFileSync(vboxDisk.path, join(root, `${name}.vdi`)),
    removeMachine: async (name) => rmSync(join(root, `${name}.vdi`)),
    toyMachineId: null,
    close: async () => rmSync(root, { recursive: true }),
  };
});
