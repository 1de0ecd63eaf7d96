import { describe, expect, it } from "vitest";
import type { WorkState } from "../model/run.ts";
import { blockedTasks, graphProblem, readyTasks } from "./graph.ts";

/** "a:succeeded b:queued<a" → nodes. */
function graph(text: string) {
  return text.split(" ").map((node) => {
    const [name = "", parents] = node.split("<");
    const [id = "", state = "queued"] = name.split(":");
    return { id, state: state as WorkState, dependsOn: parents?.split(",") ?? [] };
  });
}

describe("readyTasks", () => {
  it.each([
    ["a b<a", ["a"]],
    ["a:running b<a", []],
    ["a:succeeded b<a c<a", ["b", "c"]],
    ["a:succeeded b:succeeded c:waiting<a,b", ["c"]],
    ["a:succeeded b:running c:waiting<a,b", []],
    ["a:failed b<a", []],
    ["a:succeeded b:canceled<a", []],
  ])("of %s are %j", (text, expected) => {
    expect(readyTasks(graph(text))).toEqual(expected);
  });
});

describe("blockedTasks", () => {
  it.each([
    ["a:failed b<a", ["b by a"]],
    ["a:canceled b<a", ["b by a"]],
    ["a:succeeded b<a", []],
    ["a:succeeded b:skipped<a c<a,b", ["c by b"]],
    ["a:failed b:succeeded", []],
  ])("of %s are %j", (text, expected) => {
    expect(blockedTasks(graph(text)).map(({ task, parent }) => `${task.id} by ${parent.id}`)).toEqual(expected);
  });
});

describe("graphProblem", () => {
  it.each([
    ["a b<a c<a,b", null],
    ["a<b b<c c<a", "a → b → c → a"],
    ["x a<b b<a", "a → b → a"],
    ["a<a", "a → a"],
    ["a b<c", "Task b depends on c, which does not exist."],
    ["a a", "Two tasks are called a."],
  ])("of %s names it: %s", (text, expected) => {
    const problem = graphProblem(graph(text));
    if (expected === null) expect(problem).toBeNull();
    else expect(problem).toContain(expected);
  });
});
