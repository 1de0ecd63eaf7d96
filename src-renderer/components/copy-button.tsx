import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button, IconButton } from "./button.tsx";

/** Copies `text` and says so. With `children` a labelled button, without a small icon named `label`. */
export function CopyButton({ text, label, children }: { text: string; label: string; children?: string }) {
  const [state, setState] = useState<"idle" | "done" | "failed">("idle");
  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), 1600);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => setState("done"),
      () => setState("failed"),
    );
  };
  const icon = state === "done" ? <Check aria-hidden className="text-ok" /> : <Copy aria-hidden />;
  const said = state === "done" ? "Copied" : state === "failed" ? "Copying was refused" : "";
  return (
    <>
      {children === undefined ? (
        <IconButton label={label} title={said === "" ? label : said} onClick={copy} className="size-6 [&_svg]:size-3.5">
          {icon}
        </IconButton>
      ) : (
        <Button size="small" onClick={copy}>
          {icon}
          {said === "" ? children : said}
        </Button>
      )}
      <span role="status" className="sr-only">
        {said}
      </span>
    </>
  );
}
