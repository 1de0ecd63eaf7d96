import { useEffect, useState } from "react";
import { useTheme } from "../../ui-state/theme.ts";

/** Plain colours for a canvas, which understands neither variables nor light-dark(). */
export interface PictureColours {
  readonly data: string;
  readonly zero: string;
  readonly hole: string;
  readonly line: string;
  readonly mark: string;
}

/** The style sheet's colours as they are now; new ones when the theme or the system changes. */
export function usePictureColours(): PictureColours {
  const [colours, setColours] = useState(readColours);
  useEffect(() => {
    const read = () => setColours(readColours());
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", read);
    const stop = useTheme.subscribe(read);
    return () => {
      system.removeEventListener("change", read);
      stop();
    };
  }, []);
  return colours;
}

function readColours(): PictureColours {
  const probe = document.createElement("span");
  document.body.append(probe);
  const plain = (name: string) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = {
    data: plain("--accent-fill"),
    zero: plain("--zero"),
    hole: plain("--hole"),
    line: plain("--hole-line"),
    mark: plain("--ink"),
  };
  probe.remove();
  return colours;
}
