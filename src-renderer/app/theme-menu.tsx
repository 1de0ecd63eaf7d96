import { Monitor, Moon, Sun } from "lucide-react";
import { IconButton } from "../components/button.tsx";
import { Menu, MenuItem } from "../components/menu.tsx";
import { type Theme, useTheme } from "../ui-state/theme.ts";

const CHOICES: readonly { theme: Theme; label: string; icon: typeof Sun }[] = [
  { theme: "system", label: "Like the system", icon: Monitor },
  { theme: "light", label: "Light", icon: Sun },
  { theme: "dark", label: "Dark", icon: Moon },
];

export function ThemeMenu() {
  const { theme, setTheme } = useTheme();
  const Current = CHOICES.find((choice) => choice.theme === theme)?.icon ?? Monitor;
  return (
    <Menu
      trigger={
        <IconButton label="Theme" className="size-8">
          <Current aria-hidden />
        </IconButton>
      }
    >
      {CHOICES.map(({ theme: value, label, icon: Icon }) => (
        <MenuItem key={value} onSelect={() => setTheme(value)}>
          <Icon aria-hidden />
          {label}
          {value === theme ? <span className="ml-auto text-xs text-ink-3">chosen</span> : null}
        </MenuItem>
      ))}
    </Menu>
  );
}
