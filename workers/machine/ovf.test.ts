import { describe, expect, test } from "vitest";
import { MAX_OVF_BYTES, parseOvf } from "./ovf.ts";

const parse = (xml: string) => parseOvf("a.ovf", Buffer.from(xml, "utf8"));
const NAMESPACES =
  'xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" ' +
  'xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData" ' +
  'xmlns:vmw="http://www.vmware.com/schema/ovf"';

interface Parts {
  files?: string;
  disks?: string;
  systems?: string;
}

const item = (type: number, more: string) => `<Item>${more}<rasd:ResourceType>${type}</rasd:ResourceType></Item>`;
const envelope = ({
  files = '<File ovf:id="f1" ovf:href="disk one.vmdk"/>',
  disks = '<Disk ovf:diskId="d1" ovf:fileRef="f1" ovf:capacity="10"/>',
  systems = '<VirtualSystem ovf:id="vm"><Info>x</Info></VirtualSystem>',
}: Parts) =>
  `<?xml version="1.0" encoding="UTF-8"?><Envelope ${NAMESPACES}><References>${files}</References>` +
  `<DiskSection><Info>disks</Info>${disks}</DiskSection>${systems}</Envelope>`;

describe("parseOvf", () => {
  test("name, system, processors, memory with units, firmware, attached disk", () => {
    const systems = `<VirtualSystem ovf:id="id-1"><Name>Büro &amp; Co</Name>
      <OperatingSystemSection ovf:id="96" vmw:osType="debian12_64Guest"><Description>Debian 12</Description></OperatingSystemSection>
      <VirtualHardwareSection>
        ${item(3, "<rasd:VirtualQuantity>2</rasd:VirtualQuantity>")}
        ${item(4, "<rasd:AllocationUnits>byte * 2^30</rasd:AllocationUnits><rasd:VirtualQuantity>8</rasd:VirtualQuantity>")}
        ${item(17, "<rasd:HostResource>ovf:/disk/d1</rasd:HostResource>")}
        <vmw:Config vmw:key="firmware" vmw:value="efi"/>
      </VirtualHardwareSection></VirtualSystem>`;
    expect(parse(envelope({ systems }))).toEqual([
      {
        name: "Büro & Co",
        guestOs: "Debian 12",
        cpuCount: 2,
        memoryBytes: 8 * 2 ** 30,
        firmware: "efi",
        disks: [{ fileName: "disk one.vmdk", problem: null }],
        warnings: [],
        hardware: { nics: [], hardwareVersion: null, guestId: "debian12_64Guest", notes: "" },
      },
    ]);
  });

  test("controllers, adapters, secure boot, TPM, hardware version, notes", () => {
    const rasd = (fields: Record<string, string | number>) =>
      Object.entries(fields)
        .map(([name, value]) => `<rasd:${name}>${value}</rasd:${name}>`)
        .join("");
    const disk = rasd({ AddressOnParent: 3, HostResource: "ovf:/disk/d1", Parent: 5 });
    const systems = `<VirtualSystem ovf:id="vm"><VirtualHardwareSection>
        <System><vssd:VirtualSystemType xmlns:vssd="x">vmx-19</vssd:VirtualSystemType></System>
        ${item(6, rasd({ InstanceID: 4, ResourceSubType: "lsilogic" }))}
        ${item(6, rasd({ InstanceID: 5, ResourceSubType: "VirtualSCSI" }))}
        ${item(17, disk)}
        ${item(10, rasd({ Address: "00-50-56-AB-00-01", AutomaticAllocation: "false", Connection: "LAN", ElementName: "eth", ResourceSubType: "VmxNet3" }))}
        ${item(10, rasd({ Address: 7 }))}
        ${item(1, rasd({ ResourceSubType: "vmware.vtpm" }))}
        <vmw:Config vmw:key="bootOptions.efiSecureBootEnabled" vmw:value="true"/>
      </VirtualHardwareSection>
      <AnnotationSection><Info>x</Info><Annotation>first\nsecond</Annotation></AnnotationSection></VirtualSystem>`;
    expect(parse(envelope({ systems }))[0]).toMatchObject({
      disks: [{ fileName: "disk one.vmdk", controller: "scsi1:3 pvscsi" }],
      hardware: {
        nics: [
          { label: "eth", mac: "00:50:56:ab:00:01", network: "LAN", model: "VmxNet3", connected: false },
          { label: "Network adapter 2", mac: null, network: null, model: null, connected: true },
        ],
        secureBoot: true,
        tpm: true,
        hardwareVersion: "vmx-19",
        notes: "first\nsecond",
      },
    });
  });

  test("a lone system whose items name no disk owns all of them; the id stands in for a name", () => {
    expect(parse(envelope({}))[0]).toMatchObject({
      name: "vm",
      cpuCount: null,
      disks: [{ fileName: "disk one.vmdk" }],
    });
  });

  test("a collection: each system its own disks", () => {
    const one = (id: string, disk: string) =>
      `<VirtualSystem ovf:id="${id}"><VirtualHardwareSection>${item(17, `<rasd:HostResource>/disk/${disk}</rasd:HostResource>`)}</VirtualHardwareSection></VirtualSystem>`;
    const machines = parse(
      envelope({
        files: '<File ovf:id="f1" ovf:href="1.vmdk"/><File ovf:id="f2" ovf:href="2%20x.vmdk"/>',
        disks:
          '<Disk ovf:diskId="d1" ovf:fileRef="f1"/><Disk ovf:diskId="d2" ovf:fileRef="f2"/><Disk ovf:diskId="blank"/>',
        systems: `<VirtualSystemCollection ovf:id="all">${one("a", "d2")}${one("b", "d1")}${one("c", "nope")}</VirtualSystemCollection>`,
      }),
    );
    expect(machines.map((machine) => [machine.name, machine.disks.map((disk) => disk.fileName)])).toEqual([
      ["a", ["2 x.vmdk"]],
      ["b", ["1.vmdk"]],
      ["c", []],
    ]);
    expect(machines[2]?.warnings).toEqual(['disk "nope" is attached but not in the DiskSection']);
  });

  test.each([
    "../../etc/shadow",
    "%2e%2e/secret.vmdk",
    "/etc/shadow",
    "C:\\disk.vmdk",
    "\\\\server\\share\\disk.vmdk",
    "..\\x.vmdk",
    "http://evil.example/x.vmdk",
    "file:///etc/shadow",
    "a%00.vmdk",
    "",
  ])("the file name %j is not followed", (href) => {
    const [machine] = parse(envelope({ files: `<File ovf:id="f1" ovf:href="${href}"/>` }));
    expect(machine?.disks[0]?.problem).toMatch(/^Its file/);
  });

  test.each([
    ['ovf:compression="gzip"', "It is stored compressed as a whole (gzip), which is not supported."],
    ['ovf:chunkSize="7516192768"', "It is stored in chunks, which is not supported."],
    ['ovf:compression="identity"', null],
  ])("a file stored with %s", (attribute, problem) => {
    const [machine] = parse(envelope({ files: `<File ovf:id="f1" ovf:href="a.vmdk" ${attribute}/>` }));
    expect(machine?.disks).toEqual([{ fileName: "a.vmdk", problem }]);
  });

  test("other prefixes and UTF-16 are read", () => {
    const xml = `<?xml version="1.0"?><o:Envelope xmlns:o="http://schemas.dmtf.org/ovf/envelope/2"><o:VirtualSystem o:id="x"><o:Name>Ü</o:Name></o:VirtualSystem></o:Envelope>`;
    expect(parse(xml)[0]?.name).toBe("Ü");
    expect(parseOvf("a.ovf", Buffer.from(`\ufeff${xml}`, "utf16le"))[0]?.name).toBe("Ü");
  });

  const bomb = '<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>';
  test.each([
    ["a document type", `<?xml version="1.0"?>${bomb}<Envelope>&b;</Envelope>`, /document type/],
    ["an external entity", `<!DOCTYPE x SYSTEM "file:///etc/passwd"><Envelope/>`, /document type/],
    ["an unknown entity", envelope({ files: "&evil;" }), /line 1/],
    ["elements too deep", `<Envelope>${"<a>".repeat(100)}`, /nested deeper than 64/],
    ["elements without end", `<Envelope>${"<a/>".repeat(200_001)}</Envelope>`, /more than 200000 elements/],
    ["a cut file", envelope({}).slice(0, -20), /line 1/],
    ["another document", "<html/>", /root element is html/],
    ["no system", envelope({ systems: "" }), /no virtual system/],
    ["no XML", "KDMV", /line 1/],
  ])("%s is refused", (_, xml, message) => {
    let thrown: unknown;
    try {
      parse(xml);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: "machine.damaged", message: expect.stringMatching(message) });
  });

  test("a file beyond the cap is refused unparsed", () => {
    expect(() => parseOvf("a.ovf", Buffer.alloc(MAX_OVF_BYTES + 1))).toThrow(/larger than/);
  });
});
