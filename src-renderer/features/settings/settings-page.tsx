import { useMutation, useQuery } from "@tanstack/react-query";
import { toast } from "sonner";
import type { Settings } from "../../../src-core/model/settings.ts";
import { api, queryClient } from "../../app/api-client.ts";
import { PageHeader } from "../../app/page-header.tsx";
import { settingsQuery, useSystem } from "../../app/queries.ts";
import { ReadFailure } from "../../app/read-failure.tsx";
import { toastError } from "../../app/toast-error.ts";
import { Panel } from "../../components/panel.tsx";
import { Segmented } from "../../components/segmented.tsx";
import { SwitchRow } from "../../components/toggle.tsx";
import { type Theme, useTheme } from "../../ui-state/theme.ts";
import { AboutPanel } from "./about-panel.tsx";
import { NotificationsPanel } from "./notifications-panel.tsx";
import { OrderPanel } from "./order-panel.tsx";
import { TokensPanel } from "./tokens-panel.tsx";
import { WorkPanel } from "./work-panel.tsx";

const THEMES: readonly { value: Theme; label: string }[] = [
  { value: "system", label: "Like the system" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
];

export function SettingsPage() {
  const settings = useQuery(settingsQuery);
  const update = useMutation(
    api.settings.update.mutationOptions({
      onSuccess: (next) => {
        queryClient.setQueryData(settingsQuery.queryKey, next);
        toast.success("Saved", { id: "settings-saved", duration: 1500 });
      },
      onError: toastError,
    }),
  );
  const change = (part: Partial<Settings>) => update.mutate(part);
  return (
    <>
      <PageHeader title="Settings" />
      <main id="content" tabIndex={-1} className="relative min-h-0 flex-1 overflow-y-auto outline-none">
        <div className="mx-auto grid max-w-3xl gap-4 p-4 pb-10">
          <Appearance />
          {settings.error !== null ? (
            <ReadFailure
              bare
              title="The settings could not be read"
              error={settings.error}
              onRetry={settings.refetch}
            />
          ) : settings.data === undefined ? (
            <div role="status" aria-label="Loading" className="skeleton h-72" />
          ) : (
            <>
              <WorkPanel settings={settings.data} onChange={change} />
              <OrderPanel settings={settings.data} onChange={change} />
              <ProgramPanel settings={settings.data} onChange={change} />
            </>
          )}
          <NotificationsPanel />
          <TokensPanel />
          <AboutPanel />
        </div>
      </main>
    </>
  );
}

function Appearance() {
  const { theme, setTheme } = useTheme();
  return (
    <Panel title="Appearance" note="in this window only">
      <div className="flex items-center justify-between gap-6">
        <span>Theme</span>
        <Segmented label="Theme" value={theme} onValueChange={setTheme} options={THEMES} />
      </div>
    </Panel>
  );
}

interface ProgramPanelProps {
  settings: Settings;
  onChange: (part: Partial<Settings>) => void;
}

/** Notifications, and what only the desktop window can do. */
function ProgramPanel({ settings, onChange }: ProgramPanelProps) {
  const can = useSystem()?.can;
  return (
    <Panel title="Jobs and start" note="jobs of schedules are told by the channels below">
      <div className="-my-2.5 divide-y divide-line/70">
        <SwitchRow
          label="Notify when a job is done"
          checked={settings.notifyOnSuccess}
          onCheckedChange={(notifyOnSuccess) => onChange({ notifyOnSuccess })}
        />
        <SwitchRow
          label="Notify when a job fails"
          checked={settings.notifyOnFailure}
          onCheckedChange={(notifyOnFailure) => onChange({ notifyOnFailure })}
        />
        {can?.tray === true ? (
          <SwitchRow
            label="Closing the window keeps the program in the tray"
            hint="Running work goes on. Quit from the tray's menu."
            checked={settings.closeToTray}
            onCheckedChange={(closeToTray) => onChange({ closeToTray })}
          />
        ) : null}
        {can?.startAtLogin === true ? (
          <SwitchRow
            label="Start at login, hidden in the tray"
            checked={settings.startAtLogin}
            onCheckedChange={(startAtLogin) => onChange({ startAtLogin })}
          />
        ) : null}
      </div>
    </Panel>
  );
}
