/** What stands in for a page while its code or data is on the way. */
export function PageSkeleton() {
  return (
    <main id="content" tabIndex={-1} aria-busy="true" aria-label="Loading" className="min-h-0 flex-1">
      <div className="h-12 border-b border-line" />
      <div className="grid gap-3 p-4">
        <div className="skeleton h-8 w-72" />
        <div className="skeleton h-40" />
        <div className="skeleton h-64" />
      </div>
    </main>
  );
}
