/** Names of things in the database: random, so that they say nothing and never collide; safe in URLs and file names. */
import { randomBytes } from "node:crypto";

/** 20 hexadecimal digits (80 random bits). */
export function newId(): string {
  return randomBytes(10).toString("hex");
}
