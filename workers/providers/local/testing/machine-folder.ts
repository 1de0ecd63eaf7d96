/** A folder of small machines of every kind, for tests. Every disk's content is known. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Fixture } from "../../../formats/testing/fixture.ts";
import type { TestDisk } from "../../../formats/testing/test-disk.ts";
import { vdiFixtures } from "../../../formats/testing/vdi-builder.ts";
import { vhdxFixtures } from "../../../formats/testing/vhdx-builder.ts";
import { tarArchive } from "../../../io/testing/tar-builder.ts";

export interface MachineFolder {
  readonly vbox: string;
  readonly vboxDisk: { readonly path: string; readonly disk: TestDisk };
  readonly ova: string;
  readonly vmx: string;
  readonly hyperV: string;
  readonly bare: string;
}

/** An OVF of one machine with one disk. */
export function ovfText(name: string, file: string, os = "Debian GNU/Linux 12"): string {
  return `<?xml version="1.0"?><Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1"
    xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1">
    <References><File ovf:id="f" ovf:href="${file}"/></References>
    <DiskSection><Disk ovf:diskId="d" ovf:fileRef="f" ovf:capacity="1"/></DiskSection>
    <VirtualSystem ovf:id="${name}"><Name>${name}</Name>
      <OperatingSystemSection><Description>${os}</Description></OperatingSystemSection>
    </VirtualSystem></Envelope>`;
}

/** @param root an empty folder */
export function makeMachineFolder(root: string): MachineFolder {
  const folder = (name: string) => {
    const path = join(root, name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const write = (path: string, content: string | Uint8Array) => {
    writeFileSync(path, content);
    return path;
  };
  const vdi = whole(vdiFixtures());
  const vhdx = whole(vhdxFixtures());

  const vboxDisk = write(join(folder("box"), "box.vdi"), vdi.content);
  const vbox = write(
    join(root, "box/box.vbox"),
    `<VirtualBox xmlns="http://www.virtualbox.org/"><Machine uuid="{m}" name="box" OSType="Debian_64"><MediaRegistry>
      <HardDisks><HardDisk uuid="{a}" location="box.vdi"/></HardDisks></MediaRegistry><Hardware><CPU count="2"/>
      <Memory RAMSize="512"/><StorageControllers><StorageController name="SATA"><AttachedDevice type="HardDisk" port="0" device="0">
      <Image uuid="{a}"/></AttachedDevice></StorageController></StorageControllers></Hardware></Machine></VirtualBox>`,
  );
  const ova = write(
    join(folder("packages"), "app.ova"),
    tarArchive([
      { name: "app.ovf", content: Buffer.from(ovfText("app", "app.vdi")) },
      { name: "app.vdi", content: Buffer.from(vdi.content) },
    ]),
  );
  const vmx = write(
    join(folder("esx/web"), "web.vmx"),
    `config.version = "8"\ndisplayName = "web"\nguestOS = "windows2019srv-64"\nnumvcpus = "4"\nmemsize = "4096"
     scsi0:0.fileName = "web.vdi"\nscsi0:0.present = "TRUE"\nscsi0:1.fileName = "gone.vmdk"\nscsi0:1.present = "TRUE"\n`,
  );
  write(join(root, "esx/web/web.vdi"), vdi.content);
  const hyperV = write(join(folder("hv/Virtual Machines"), "0A1B2C3D-0000-1111-2222-333344445555.vmcx"), "\u0001");
  write(join(folder("hv/Virtual Hard Disks"), "hv.vhdx"), vhdx.content);
  const bare = write(join(folder("loose"), "loose.vdi"), vdi.content);
  return { vbox, vboxDisk: { path: vboxDisk, disk: vdi.disk }, ova, vmx, hyperV, bare };
}

/** The first of them that stands on its own. */
function whole(fixtures: readonly Fixture[]): { content: Uint8Array; disk: TestDisk } {
  for (const { files, main, disk } of fixtures) {
    const content = files.get(main);
    if (files.size === 1 && content !== undefined) return { content, disk };
  }
  throw new Error("no fixture of one file");
}
