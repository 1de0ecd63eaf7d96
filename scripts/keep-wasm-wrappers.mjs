/**
 * Preloaded by every Node process of the tests: V8 13.6 keeps the compiled entries of JavaScript functions that WebAssembly calls
 * in one place for all threads of a process, and now and then frees one twice ("Check failed: jit_page.has_value()", which ends the
 * process; docs/adr/0009-work-on-threads.md). It compiles none of them before so many calls: more than there ever are.
 */
import { setFlagsFromString } from "node:v8";

setFlagsFromString("--wasm-wrapper-tiering-budget=2147483647");
