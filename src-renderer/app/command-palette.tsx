/** Ctrl/Cmd+K: everything one can go to or do, by typing a part of its name. Loaded on first use. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import {
  Activity,
  CalendarClock,
  ChartBarStacked,
  FileBox,
  GitCompareArrows,
  HardDrive,
  Moon,
  Pause,
  Play,
  Replace,
  Server,
  Settings2,
  Stethoscope,
  Sun,
} from "lucide-react";
import { Dialog } from "radix-ui";
import { type ReactNode, useMemo, useState } from "react";
import { matchesAll, searchWords } from "../format/matches.ts";
import { folderOf } from "../format/path.ts";
import { useOverlays } from "../ui-state/overlays.ts";
import { useTheme } from "../ui-state/theme.ts";
import { usePause } from "./pause-button.tsx";
import { useActiveRuns, useLibraryItems } from "./queries.ts";
import { sourcesQuery } from "./source-queries.ts";
import { useCheck } from "./use-check.ts";

/** Rows of one kind that are listed at once: more would be scrolling, not finding. */
const SHOWN = 12;
/** Disks that one can do something with at once, for each thing to do. */
const SHOWN_TO_ACT_ON = 4;

export function CommandPalette() {
  const { paletteOpen, setPaletteOpen } = useOverlays();
  const [query, setQuery] = useState("");
  const close = () => {
    setPaletteOpen(false);
    setQuery("");
  };
  return (
    <Dialog.Root open={paletteOpen} onOpenChange={(open) => (open ? setPaletteOpen(true) : close())}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-shade" />
        <Dialog.Content
          aria-describedby={undefined}
          className="appear fixed top-[12vh] left-1/2 z-50 w-[calc(100vw-2rem)] max-w-xl -translate-x-1/2 overflow-hidden rounded-lg border border-line bg-surface shadow-lift"
        >
          <Dialog.Title className="sr-only">Command palette</Dialog.Title>
          <Command shouldFilter={false} loop label="Command palette">
            <Command.Input
              value={query}
              onValueChange={setQuery}
              placeholder="Go to a page, a disk, a job, or do something…"
              className="h-12 w-full border-b border-line bg-transparent px-4 text-base outline-none placeholder:text-ink-3"
            />
            <Command.List className="max-h-[55vh] overflow-y-auto p-1.5">
              <Command.Empty className="px-3 py-8 text-center text-ink-2">Nothing matches “{query}”.</Command.Empty>
              <PaletteRows query={query} close={close} />
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

interface Entry {
  key: string;
  label: string;
  note?: string;
  icon: ReactNode;
  run: () => void;
}

function PaletteRows(props: { query: string; close: () => void }) {
  const words = useMemo(() => searchWords(props.query), [props.query]);
  const navigate = useNavigate();
  const { items } = useLibraryItems();
  const runs = useActiveRuns();
  const { paused, toggle } = usePause();
  const { setTheme } = useTheme();

  const fixed: Entry[] = [
    { key: "library", label: "Library", icon: <HardDrive />, run: () => void navigate({ to: "/library" }) },
    { key: "sources", label: "Sources", icon: <Server />, run: () => void navigate({ to: "/sources" }) },
    {
      key: "schedules",
      label: "Schedules",
      icon: <CalendarClock />,
      run: () => void navigate({ to: "/schedules" }),
    },
    { key: "jobs", label: "Jobs", icon: <Activity />, run: () => void navigate({ to: "/jobs" }) },
    { key: "costs", label: "Costs", icon: <ChartBarStacked />, run: () => void navigate({ to: "/costs" }) },
    { key: "settings", label: "Settings", icon: <Settings2 />, run: () => void navigate({ to: "/settings" }) },
  ];
  const actions: Entry[] = [
    {
      key: "pause",
      label: paused ? "Resume all work" : "Pause all work",
      icon: paused ? <Play /> : <Pause />,
      run: toggle,
    },
    { key: "light", label: "Theme: light", icon: <Sun />, run: () => setTheme("light") },
    { key: "dark", label: "Theme: dark", icon: <Moon />, run: () => setTheme("dark") },
  ];
  const sources: Entry[] = (useQuery(sourcesQuery).data ?? []).map(({ id, name, address }) => ({
    key: `source ${id}`,
    label: name,
    note: address,
    icon: <Server />,
    run: () => void navigate({ to: "/sources/$sourceId", params: { sourceId: id } }),
  }));
  const disks = useMemo(() => findDisks(items, words, SHOWN), [items, words]);
  const diskActions = useDiskActions(words);
  const wanted = (entries: Entry[]) => entries.filter((entry) => matchesAll(entry.label.toLowerCase(), words));
  const jobs: Entry[] = runs.slice(0, 100).map((run) => ({
    key: run.id,
    label: run.name,
    note: run.state,
    icon: <Activity />,
    run: () => void navigate({ to: "/jobs/$runId", params: { runId: run.id } }),
  }));

  return (
    <>
      <Group heading="Pages" entries={wanted(fixed)} close={props.close} />
      <Group heading="Actions" entries={wanted(actions)} close={props.close} />
      <Group heading="Sources" entries={wanted(sources).slice(0, SHOWN)} close={props.close} />
      <Group heading="Jobs" entries={wanted(jobs).slice(0, SHOWN)} close={props.close} />
      <Group
        heading="Disks"
        close={props.close}
        entries={disks.flatMap(({ name, path }): Entry[] => [
          {
            key: `open ${path}`,
            label: name,
            note: folderOf(path),
            icon: <FileBox />,
            run: () => void navigate({ to: "/disk", search: { path } }),
          },
        ])}
      />
      <Group heading="Do with a disk" close={props.close} entries={diskActions} />
    </>
  );
}

/** What can be done with the disks that are meant; the word for it may be typed too: "check web". */
function useDiskActions(words: readonly string[]): Entry[] {
  const { items } = useLibraryItems();
  const { openConvert, openCompare } = useOverlays();
  const { mutate: check } = useCheck();
  return useMemo(() => {
    const actions = [
      { verb: "Convert", rest: "…", icon: <Replace />, run: openConvert },
      { verb: "Check", rest: "", icon: <Stethoscope />, run: (path: string) => check({ path }) },
      { verb: "Compare", rest: " with…", icon: <GitCompareArrows />, run: openCompare },
    ];
    return actions.flatMap(({ verb, rest, icon, run }) =>
      findDisks(items, words, SHOWN_TO_ACT_ON, verb).map(({ name, path }) => ({
        key: `${verb} ${path}`,
        label: `${verb} ${name}${rest}`,
        note: folderOf(path),
        icon,
        run: () => run(path),
      })),
    );
  }, [items, words, openConvert, openCompare, check]);
}

/** Disks whose machine, path or `alsoNamed` hold all words; none where there is no word. */
function findDisks(
  items: readonly { name: string; disks: { name: string; path: string }[] }[],
  words: readonly string[],
  limit: number,
  alsoNamed = "",
): { name: string; path: string }[] {
  if (words.length === 0) return [];
  const found: { name: string; path: string }[] = [];
  for (const item of items) {
    for (const disk of item.disks) {
      if (matchesAll(`${alsoNamed} ${item.name} ${disk.path}`.toLowerCase(), words)) found.push(disk);
      if (found.length === limit) return found;
    }
  }
  return found;
}

function Group({ heading, entries, close }: { heading: string; entries: Entry[]; close: () => void }) {
  if (entries.length === 0) return null;
  return (
    <Command.Group
      heading={heading}
      className="[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-2xs [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-ink-3"
    >
      {entries.map((entry) => (
        <Command.Item
          key={entry.key}
          value={entry.key}
          onSelect={() => {
            close();
            entry.run();
          }}
          className="flex h-8 items-center gap-2.5 rounded-md px-2.5 data-[selected=true]:bg-accent-soft [&_svg]:size-4 [&_svg]:text-ink-3"
        >
          {entry.icon}
          <span className="truncate">{entry.label}</span>
          {entry.note === undefined ? null : (
            <span className="ml-auto truncate pl-4 font-mono text-2xs text-ink-2">{entry.note}</span>
          )}
        </Command.Item>
      ))}
    </Command.Group>
  );
}
