/** The demo's virtual machine: an OVF with one streamOptimized VMDK whose disk boots (boot-sector.ts). The same call, the same bytes. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GRAIN_BYTES, guestContent } from "./guest-content.ts";
import { writeStreamOptimized } from "./stream-optimized.ts";

const MiB = 1024 * 1024;
const DEFAULT_DATA_BYTES = 100 * MiB;

export interface SampleMachine {
  readonly ovfPath: string;
  readonly vmdkPath: string;
  readonly virtualSizeBytes: number;
  /** Bytes of the disk that are not zero, to within the boot sector. */
  readonly dataBytes: number;
}

/**
 * Makes `sample-machine.ovf` and `sample-machine-disk1.vmdk` in `folder` (made when missing); the files must not be there yet.
 * @param options.dataBytes about how much data the disk holds; 100 MiB when left out
 * @param options.name stem of the file names and name of the machine
 */
export function makeSampleMachine(
  folder: string,
  options: { readonly dataBytes?: number; readonly name?: string } = {},
): SampleMachine {
  const name = options.name ?? "sample-machine";
  const content = guestContent(options.dataBytes ?? DEFAULT_DATA_BYTES);
  mkdirSync(folder, { recursive: true });
  const vmdkPath = join(folder, `${name}-disk1.vmdk`);
  const ovfPath = join(folder, `${name}.ovf`);
  const { virtualSizeBytes } = content;
  if (virtualSizeBytes % GRAIN_BYTES !== 0) throw new RangeError(`${virtualSizeBytes} bytes are not whole grains`);
  const fileBytes = writeStreamOptimized(vmdkPath, content);
  writeFileSync(ovfPath, ovf(name, `${name}-disk1.vmdk`, fileBytes, virtualSizeBytes), { flag: "wx" });
  return { ovfPath, vmdkPath, virtualSizeBytes, dataBytes: content.dataBytes };
}

function ovf(name: string, file: string, fileBytes: number, virtualSizeBytes: number): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
  xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
  xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData"
  xmlns:vmw="http://www.vmware.com/schema/ovf">
  <References>
    <File ovf:id="file1" ovf:href="${file}" ovf:size="${fileBytes}"/>
  </References>
  <DiskSection>
    <Info>Virtual disks</Info>
    <Disk ovf:diskId="disk1" ovf:fileRef="file1" ovf:capacity="${virtualSizeBytes / MiB}" ovf:capacityAllocationUnits="byte * 2^20"
      ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/>
  </DiskSection>
  <VirtualSystem ovf:id="${name}">
    <Info>A machine that prints one line and turns itself off</Info>
    <Name>${name}</Name>
    <OperatingSystemSection ovf:id="1" vmw:osType="otherGuest">
      <Info>The guest operating system</Info>
      <Description>Boot sector</Description>
    </OperatingSystemSection>
    <VirtualHardwareSection>
      <Info>Virtual hardware</Info>
      <System>
        <vssd:ElementName>Virtual Hardware Family</vssd:ElementName>
        <vssd:InstanceID>0</vssd:InstanceID>
        <vssd:VirtualSystemType>vmx-13</vssd:VirtualSystemType>
      </System>
      <Item>
        <rasd:ElementName>1 virtual CPU</rasd:ElementName>
        <rasd:InstanceID>1</rasd:InstanceID>
        <rasd:ResourceType>3</rasd:ResourceType>
        <rasd:VirtualQuantity>1</rasd:VirtualQuantity>
      </Item>
      <Item>
        <rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits>
        <rasd:ElementName>64 MiB of memory</rasd:ElementName>
        <rasd:InstanceID>2</rasd:InstanceID>
        <rasd:ResourceType>4</rasd:ResourceType>
        <rasd:VirtualQuantity>64</rasd:VirtualQuantity>
      </Item>
      <Item>
        <rasd:ElementName>IDE controller 0</rasd:ElementName>
        <rasd:InstanceID>3</rasd:InstanceID>
        <rasd:ResourceType>5</rasd:ResourceType>
      </Item>
      <Item>
        <rasd:AddressOnParent>0</rasd:AddressOnParent>
        <rasd:ElementName>Hard disk 1</rasd:ElementName>
        <rasd:HostResource>ovf:/disk/disk1</rasd:HostResource>
        <rasd:InstanceID>4</rasd:InstanceID>
        <rasd:Parent>3</rasd:Parent>
        <rasd:ResourceType>17</rasd:ResourceType>
      </Item>
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
`;
}
