/** The windows that are open, for those who must not know the window's class (app.quit asks them all). */
export const openWindows = new Set<{ close(): void; isDestroyed(): boolean; destroy(): void }>();
