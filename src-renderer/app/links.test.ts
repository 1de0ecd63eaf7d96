import { defaultParseSearch } from "@tanstack/react-router";
import { expect, it } from "vitest";
import { diskHref, jobHref } from "./links.ts";

it.each(["/vm/web01/disk 1.vmdk", "/vm/100 %&?#=+.raw", "C:\\VMs\\ä.vmdk", '/vm/[1]"x".qcow2', "123"])(
  "brings %s to the disk page unchanged",
  (path) => {
    const href = diskHref(path);
    expect(href.startsWith("#/disk?")).toBe(true);
    expect(href.slice(1)).not.toContain("#");
    expect(defaultParseSearch(href.slice(href.indexOf("?")))).toEqual({ path });
  },
);

it("escapes a run's id", () => {
  expect(jobHref("a/b")).toBe("#/jobs/a%2Fb");
});
