/** Questions to whoever sits at the terminal, and secrets from there, from standard input or from a file. Never from arguments. */
import { AppError } from "../../src-core/model/error.ts";
import { readSmallText } from "../files/small-text-file.ts";

/** Where answers come from: standard input, or what a test gives. */
export interface Asker {
  /** Whether a person can be asked. */
  readonly interactive: boolean;
  /** One line that is not shown while it is typed. @throws AppError job.canceled */
  secret(question: string): Promise<string>;
  /** @throws AppError job.canceled */
  confirm(question: string): Promise<boolean>;
  /** Everything that standard input holds. */
  all(maxBytes: number): Promise<string>;
}

const MAX_SECRET_BYTES = 4096;

/** The first line of a file; "-" is standard input. @throws AppError usage.invalid, path.* */
export async function readPassword(asker: Asker, file: string): Promise<string> {
  const text = file === "-" ? await asker.all(MAX_SECRET_BYTES) : readSmallText(file, MAX_SECRET_BYTES);
  const [line = ""] = text.split(/\r?\n/);
  if (line === "") throw new AppError("usage.invalid", `There is no password in ${file === "-" ? "the input" : file}.`);
  return line;
}

/** @param say shows a question, without a line's end */
export function terminalAsker(say: (text: string) => void): Asker {
  const { stdin } = process;
  const line = (question: string, shown: boolean) => {
    say(question);
    return new Promise<string>((resolve, reject) => {
      let typed = "";
      const end = (how: () => void) => {
        stdin.off("data", onData).off("end", onEnd);
        stdin.setRawMode?.(false);
        stdin.pause();
        say("\n");
        how();
      };
      const onEnd = () => end(() => reject(new AppError("job.canceled")));
      const onData = (data: Buffer) => {
        for (const char of data.toString("utf8")) {
          if (char === "\r" || char === "\n") return end(() => resolve(typed));
          // Ctrl+C, Ctrl+D: in raw mode they are characters.
          if (char === "\u0003" || char === "\u0004") return end(() => reject(new AppError("job.canceled")));
          if (char === "\u007f" || char === "\b") {
            if (shown && typed !== "") say("\b \b");
            typed = [...typed].slice(0, -1).join("");
          } else if (char >= " ") {
            typed += char;
            if (shown) say(char);
          }
        }
      };
      stdin.setRawMode?.(true);
      stdin.on("data", onData).on("end", onEnd).resume();
    });
  };
  return {
    interactive: stdin.isTTY === true,
    secret: (question) => line(question, false),
    async confirm(question) {
      return /^y(es)?$/i.test((await line(`${question} [y/N] `, true)).trim());
    },
    async all(maxBytes) {
      const chunks: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of stdin) {
        const piece = Buffer.from(chunk);
        bytes += piece.length;
        if (bytes > maxBytes) throw new AppError("usage.invalid", `The input is longer than ${maxBytes} bytes.`);
        chunks.push(piece);
      }
      return Buffer.concat(chunks).toString("utf8");
    },
  };
}

/** Asks whether to go on. @throws AppError usage.invalid where nobody can be asked, job.canceled on a no */
export async function confirmed(asker: Asker, question: string): Promise<void> {
  if (!asker.interactive) {
    throw new AppError("usage.invalid", "There is no terminal to confirm this at.", { hint: "Repeat with --yes." });
  }
  if (!(await asker.confirm(question))) throw new AppError("job.canceled");
}
