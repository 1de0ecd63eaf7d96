/** Values out of answers, and into requests. */
import { describe, expect, it } from "vitest";
import { vim } from "../testing/xml.ts";
import { faultOf, localizedFault, soapFault } from "./fault.ts";
import { XmlTreeParser } from "./parse-xml.ts";
import { booleanAt, instantAt, integerAt, needRef, sizeAt } from "./read-value.ts";
import { element, envelope, ref, value, values } from "./write-request.ts";

describe("numbers", () => {
  it.each(["9007199254740992", "1e5", "0x10", "", "12 bytes", "--1", "NaN"])(
    "'%s' is refused where it matters",
    (text) => {
      expect(() => integerAt(vim(`<a><n>${text}</n></a>`), "n")).toThrow(/no number that can be dealt with/);
      expect(sizeAt(vim(`<a><n>${text}</n></a>`), "n")).toBeNull();
    },
  );
  it("up to 2^53 are exact", () => {
    expect(integerAt(vim("<a><n>9007199254740991</n></a>"), "n")).toBe(Number.MAX_SAFE_INTEGER);
    expect(integerAt(vim("<a><n> -5 </n></a>"), "n")).toBe(-5);
    expect(sizeAt(vim("<a><n>-5</n></a>"), "n")).toBeNull();
  });
});

it("instants come as UTC, or not at all", () => {
  expect(instantAt(vim("<a><t>2026-01-02T03:04:05.678+02:00</t></a>"), "t")).toBe("2026-01-02T01:04:05.678Z");
  expect(instantAt(vim("<a><t>yesterday</t></a>"), "t")).toBeNull();
  expect(instantAt(vim("<a><t>-271821-04-20T00:00:00Z</t></a>"), "t")).toBeNull();
  expect(booleanAt(vim("<a><t>maybe</t></a>"), "t")).toBeNull();
});

it("a reference that is not there is told by its place", () => {
  expect(() => needRef(vim("<content/>"), "rootFolder")).toThrow("content.rootFolder");
});

describe("requests", () => {
  it("say what they were given, whatever that is", () => {
    const name = `a<b>&"'\u0000\ud800\r\n</name><evil/>`;
    const target = { type: `X" y="`, id: "<&>" };
    const text = envelope("Do_Task", target, [
      value("name", name),
      element("spec", [values("id", ["1", 2])], "Special"),
      ref("vm", target),
    ]);
    const parser = new XmlTreeParser("the request");
    parser.write(Buffer.from(text));
    const call = parser.end().children[0]?.children[0];
    expect(call).toMatchObject({ name: "Do_Task", space: "urn:vim25" });
    expect(call?.children.map((one) => one.name)).toEqual(["_this", "name", "spec", "vm"]);
    expect(call?.children[0]).toMatchObject({ type: target.type, text: target.id });
    expect(call?.children[1]?.text).toBe(`a<b>&"'\ufffd\r\n</name><evil/>`);
    expect(call?.children[2]).toMatchObject({ xsiType: "Special", children: [{ text: "1" }, { text: "2" }] });
  });
});

describe("faults", () => {
  it("name the privilege that is missing", () => {
    const error = soapFault(
      "CreateSnapshot_Task of vm-1",
      vim(`<Fault><faultcode>ServerFaultCode</faultcode><faultstring>Permission denied.</faultstring><detail>
        <NoPermissionFault xsi:type="NoPermission"><object type="VirtualMachine">vm-1</object><privilegeId>VirtualMachine.State.CreateSnapshot</privilegeId></NoPermissionFault>
      </detail></Fault>`),
    );
    expect(error.toData()).toMatchObject({
      code: "source.privilege",
      details: { privilege: "VirtualMachine.State.CreateSnapshot", object: "vm-1", fault: "NoPermission" },
    });
    expect(error.message).toContain("VirtualMachine.State.CreateSnapshot");
    expect(faultOf(error)).toBe("NoPermission");
  });

  it.each([
    ["InvalidLogin", "source.auth", "The user name or the password is wrong: No."],
    ["RestrictedVersion", "source.unsupported", "a task: No."],
    ["TaskInProgress", "source.busy", "a task: No."],
    ["SomethingNew", "source.refused", "a task: No."],
  ])("%s is %s", (type, code, message) => {
    const error = localizedFault(
      "a task",
      vim(`<error><fault xsi:type="${type}"/><localizedMessage>No.</localizedMessage></error>`),
    );
    expect(error.code).toBe(code);
    expect(error.message).toBe(message);
  });

  it("without any detail are faults all the same, and long words are cut", () => {
    const error = soapFault("Login of x", vim(`<Fault><faultstring>${"a".repeat(100_000)}</faultstring></Fault>`));
    expect(error.code).toBe("source.refused");
    expect(error.message.length).toBeLessThan(1100);
  });
});
