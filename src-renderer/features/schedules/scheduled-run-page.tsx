export function ScheduledRunPage() {
  return null;
}
