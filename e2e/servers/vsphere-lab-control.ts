/** The typed side of the lab's control door: what a test can set up, break and ask. See vsphere-lab/README.md. */

/** A disk of a machine to make. */
export interface LabDiskSpec {
  /** A multiple of 512; need not be one of 64 KiB. */
  readonly capacityBytes: number;
  /** Seed of the stamped contents (the default contents, with holes). */
  readonly stamp?: number;
  /** A raw file whose data is the start of the disk. */
  readonly file?: string;
  /** No contents; the file is made when somebody asks for it. */
  readonly empty?: boolean;
  readonly kind?: "flat" | "rdmPhysical" | "rdmVirtual";
  readonly mode?: "persistent" | "independent_persistent" | "independent_nonpersistent";
  readonly controller?: "pvscsi" | "lsilogic" | "lsisas" | "sata" | "nvme" | "ide";
  readonly datastore?: string;
  readonly thin?: boolean;
}

/** A machine to make. Datastores: "datastore1" (VMFS), "nfs share 1" (NFS), "vsanDatastore" (vSAN; vCenter only). */
export interface LabMachineSpec {
  readonly name: string;
  /** Below the datacenter's vm folder, as in "prod/web"; made when missing. */
  readonly folder?: string;
  readonly datastore?: string;
  readonly guestId?: string;
  readonly annotation?: string;
  readonly firmware?: "bios" | "efi";
  readonly secureBoot?: boolean;
  readonly tpm?: boolean;
  readonly encrypted?: boolean;
  readonly cpus?: number;
  readonly memoryMb?: number;
  readonly poweredOn?: boolean;
  readonly tools?: boolean;
  readonly cbt?: boolean;
  readonly template?: boolean;
  readonly tags?: readonly string[];
  readonly nics?: readonly { kind?: "vmxnet3" | "e1000e" | "e1000"; network?: string; mac?: string }[];
  readonly disks?: readonly LabDiskSpec[];
  /** Number of the host; any number does. */
  readonly host?: number;
  /** "vmx-19" by default. */
  readonly hardware?: string;
}

export interface LabDisk {
  readonly key: number;
  readonly capacityBytes: number;
  readonly datastore: string;
  /** Path below /folder/ of the base's data file. */
  readonly flatPath: string;
  /** Raw file with what the guest sees. */
  readonly truth: string;
}

export interface LabMachine {
  readonly moref: string;
  readonly name: string;
  /** Folder on the datastore. */
  readonly folder: string;
  readonly datastore: string;
  readonly state: "poweredOn" | "poweredOff" | "suspended";
  readonly disks: readonly LabDisk[];
  readonly snapshots: readonly { moref: string; name: string }[];
}

/** Settings of the running lab; knobs.go tells what each does. */
export interface LabKnobs {
  readonly taskMs: number;
  readonly sessionIdleMs: number;
  readonly maxSessions: number;
  readonly maxFolderRequests: number;
  readonly maxNfcRequests: number;
  readonly lockedChain: boolean;
  readonly acceptRanges: boolean;
  readonly maxPage: number;
  readonly maxChangedAreas: number;
  readonly changedAreas: "precise" | "whole" | "fails";
  readonly leaseInitMs: number;
  readonly leaseTimeoutMs: number;
  /** "host" (the lab's ESXi door), "*", or any HOST:PORT. */
  readonly deviceHost: string;
  readonly thumbprint: "right" | "wrong" | "none";
  readonly fileSize: boolean;
  readonly manifest: "sha1" | "sha256" | "wrong" | "none";
  readonly shutdownMs: number;
  readonly goPrefix: boolean;
  readonly quotedCookie: boolean;
  readonly deltaFormat: "sesparse" | "cowd";
}

/** A fault on demand; rules.go tells what each part does. The first rule that fits a request acts. */
export interface LabRule {
  readonly id?: string;
  readonly kind: "sdk" | "login" | "task" | "folder" | "nfc";
  /** SOAP method (sdk, task: with its _Task) or HTTP method (folder, nfc). */
  readonly method?: string;
  /** Part of the URL's path (folder, nfc) or the moref value (sdk; task: the machine's). */
  readonly path?: string;
  readonly onlyRange?: boolean;
  readonly skip?: number;
  /** How often it acts; left out: for ever. */
  readonly times?: number;
  readonly delayMs?: number;
  readonly bytesPerSecond?: number;
  readonly status?: number;
  readonly retryAfter?: number;
  /** RST when so many bytes of the body are out. */
  readonly cutAfter?: number;
  /** FIN when so many bytes of the body are out: shorter than its length. */
  readonly shortAfter?: number;
  /** Ends a chunked body there as if it were whole. */
  readonly endAfter?: number;
  readonly ignoreRange?: boolean;
  readonly rangeShift?: number;
  readonly flip?: number;
  /** Name of a vim25 fault, its fields and its text (sdk, task). */
  readonly fault?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
  readonly message?: string;
  readonly body?: "entityBomb" | "doctype" | "notXml" | "truncated" | "deep" | "huge";
  /** The machine is gone; with afterBytes (folder, nfc) once so many are out. */
  readonly vanish?: boolean;
  readonly afterBytes?: number;
}

export interface LabStats {
  /** Requests: "sdk.METHOD", "folder", "folder.401", "folder.503", "folder.locked", "folder.bytes", "nfc", "lease.progress", .... */
  readonly counts: Readonly<Record<string, number>>;
  /** The most at once: "folder", "nfc". */
  readonly highest: Readonly<Record<string, number>>;
  /** How often each rule acted, by id. */
  readonly rules: Readonly<Record<string, number>>;
  readonly sessions: number;
  readonly leases: number;
  readonly leaseEnds: readonly { lease: string; vm: string; end: "done" | "error" | "timeout" }[];
  readonly snapshots: number;
  readonly machines: number;
}

/** The control calls. A machine is named by its moref value or its name; a disk by its number from 0. */
export interface LabControl {
  knobs(change: Partial<LabKnobs>): Promise<void>;
  /** Replaces all rules. */
  rules(...rules: readonly LabRule[]): Promise<void>;
  /** Adds an account or changes it; `missing` are the privileges that its role lacks. */
  account(account: { username: string; password: string; missing?: readonly string[] }): Promise<void>;
  /** Ends sessions now; the number of those ended. */
  expire(username?: string): Promise<number>;
  stats(): Promise<LabStats>;
  resetStats(): Promise<void>;
  machines(): Promise<readonly LabMachine[]>;
  machine(vm: string): Promise<LabMachine>;
  addMachine(spec: LabMachineSpec): Promise<LabMachine>;
  /** Adds machines without contents, 200 a folder. */
  fill(count: number): Promise<void>;
  /** The machine vanishes, leases and all. */
  remove(vm: string): Promise<void>;
  rename(vm: string, name: string | { bytes: number }): Promise<void>;
  /** Writes as the guest. */
  guestWrite(
    vm: string,
    disk: number,
    offset: number,
    data: Uint8Array | { stamp: number; length: number },
  ): Promise<void>;
  resetCbt(vm: string): Promise<void>;
  /** Somebody else powers the machine. */
  power(vm: string, state: "poweredOn" | "poweredOff"): Promise<void>;
  /** Two folders that are each other's parent, with a machine inside. */
  makeCircle(): Promise<LabMachine>;
  truth(vm: string, disk: number, snapshot?: string): Promise<string>;
}

/** Speaks to the control door. Every call throws an Error with the lab's words when it is refused. */
export function labControl(url: string, token: string): LabControl {
  async function call<T>(name: string, args: unknown): Promise<T> {
    const answer = await fetch(`${url}/${name}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(args),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`The lab refused ${name}: ${text.trim()}`);
    // The lab is this repository's own; its answers have the types above.
    return JSON.parse(text) as T;
  }
  return {
    knobs: (change) => call("knobs", change),
    rules: (...rules) => call("rules", rules),
    account: (account) => call("account", account),
    expire: (username = "") => call("expire", { username }),
    stats: () => call("stats", {}),
    resetStats: () => call("resetStats", {}),
    machines: () => call("machines", {}),
    machine: (vm) => call("machine", { vm }),
    addMachine: (spec) => call("addMachine", spec),
    fill: (count) => call("fill", { count }),
    remove: (vm) => call("remove", { vm }),
    rename: (vm, name) => call("rename", typeof name === "string" ? { vm, name } : { vm, nameBytes: name.bytes }),
    guestWrite: (vm, disk, offset, data) =>
      call(
        "guestWrite",
        data instanceof Uint8Array
          ? { vm, disk, offset, base64: Buffer.from(data).toString("base64") }
          : { vm, disk, offset, ...data },
      ),
    resetCbt: (vm) => call("resetCbt", { vm }),
    power: (vm, state) => call("power", { vm, state }),
    makeCircle: () => call("makeCircle", {}),
    truth: (vm, disk, snapshot = "") => call("truth", { vm, disk, snapshot }),
  };
}
