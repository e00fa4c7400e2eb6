/**
 * As much of zip as the page itself needs: whether a file is a saved session, and one file out of an archive. Archives
 * that are dropped as cases are read by the library.
 */

/** @typedef {{name: string, method: number, size: number, offset: number}} Entry `size` as packed */

/** The end of the central directory is this long, and may be followed by a comment of at most 64 kB. */
const END = 22;
const END_MARK = 0x06054b50;
const ENTRY_MARK = 0x02014b50;
/** What a file has before its name, where it lies in the archive. */
const HEAD = 30;
const HEAD_MARK = 0x04034b50;
/** What a session is made of: the first file of its archive. */
const SESSION = 'session.json';

/** Whether this is a session that was saved from here; a file that cannot be read is none. @param {Blob} file */
export async function isSession(file) {
  // No more is read than its first name: whatever was dropped, nobody waits for it.
  const head = await view(file, 0, HEAD + SESSION.length).catch(() => null);
  if (head?.byteLength !== HEAD + SESSION.length || head.getUint32(0, true) !== HEAD_MARK) return false;
  return new TextDecoder().decode(new Uint8Array(head.buffer, HEAD)) === SESSION;
}

/**
 * One file out of an archive.
 * @param {Blob} archive
 * @param {string} name
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function extract(archive, name) {
  const entry = (await list(archive)).find((one) => one.name === name);
  if (!entry) throw new Error(`the archive holds no ${name}`);
  const head = await view(archive, entry.offset, HEAD);
  const start = entry.offset + HEAD + head.getUint16(26, true) + head.getUint16(28, true);
  const packed = archive.slice(start, start + entry.size);
  const plain = entry.method === 8 ? packed.stream().pipeThrough(new DecompressionStream('deflate-raw')) : packed.stream();
  return new Uint8Array(await new Response(plain).arrayBuffer());
}

/** What an archive holds; nothing where it is none. @param {Blob} archive @returns {Promise<Entry[]>} */
async function list(archive) {
  const tail = Math.max(0, archive.size - END - 0xffff);
  const last = await view(archive, tail, archive.size - tail);
  let end = last.byteLength - END;
  while (end >= 0 && last.getUint32(end, true) !== END_MARK) end--;
  if (end < 0) return [];
  const directory = await view(archive, last.getUint32(end + 16, true), last.getUint32(end + 12, true));
  const entries = [];
  const text = new TextDecoder();
  for (let at = 0; at + 46 <= directory.byteLength && directory.getUint32(at, true) === ENTRY_MARK; ) {
    const [name, extra, comment] = [28, 30, 32].map((field) => directory.getUint16(at + field, true));
    entries.push({
      name: text.decode(new Uint8Array(directory.buffer, at + 46, Math.min(name, directory.byteLength - at - 46))),
      method: directory.getUint16(at + 10, true),
      size: directory.getUint32(at + 20, true),
      offset: directory.getUint32(at + 42, true),
    });
    at += 46 + name + extra + comment;
  }
  return entries;
}

/** @param {Blob} blob @param {number} from @param {number} length */
async function view(blob, from, length) {
  return new DataView(await blob.slice(from, from + length).arrayBuffer());
}
