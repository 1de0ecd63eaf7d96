export function NewSchedulePage() {
  return null;
}
export function SchedulePage() {
  return null;
}
