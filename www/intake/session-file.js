/**
 * Recognises saved sessions. The library reads zip archives; this looks at the first file name only.
 */

/** A local file header of a zip archive: its signature, and its length up to the name. */
const SIGNATURE = 0x04034b50;
const HEADER_LENGTH = 30;
/** The first file of a saved session. */
const FIRST_FILE = 'session.json';

/** Whether this is a session that was saved here. A file that cannot be read is not. @param {Blob} file */
export async function isSession(file) {
  // Only the first bytes are read, so this is quick for large files too.
  const length = HEADER_LENGTH + FIRST_FILE.length;
  const head = await file.slice(0, length).arrayBuffer().catch(() => null);
  if (head?.byteLength !== length || new DataView(head).getUint32(0, true) !== SIGNATURE) return false;
  return new TextDecoder().decode(new Uint8Array(head, HEADER_LENGTH)) === FIRST_FILE;
}
