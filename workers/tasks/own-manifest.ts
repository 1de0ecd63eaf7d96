/** Whether a manifest that lies there is the very export's own: its program ended before it could tell that it was done. */
import type { ExportManifest } from "../../src-core/model/export-manifest.ts";
import { openFileSource } from "../io/file.ts";
import { isPlainFile } from "../io/folder.ts";

/** More than any manifest has. */
const MAX_BYTES = 16 * 1024 * 1024;

/** @param manifest what would be written there */
export async function isOwnManifest(path: string, { machine, source, startedAt }: ExportManifest): Promise<boolean> {
  if (!isPlainFile(path)) return false;
  const file = await openFileSource(path);
  try {
    if (file.sizeBytes > MAX_BYTES) return false;
    const bytes = new Uint8Array(file.sizeBytes);
    await file.read(0, bytes);
    const { ExportManifest: Schema } = await import("../../src-core/model/export-manifest.ts");
    const there = Schema.safeParse(JSON.parse(Buffer.from(bytes).toString()));
    if (!there.success) return false;
    return (
      there.data.startedAt === startedAt && there.data.machine.id === machine.id && there.data.source.id === source.id
    );
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  } finally {
    await file.close();
  }
}
