/**
 * Takes single files out of a zip archive. The library reads archives of slices; this is for what is not one.
 */

/** @typedef {{name: string, method: number, size: number, offset: number}} Entry `size`: compressed, in bytes */

/** The end of the central directory: its length without a comment, and the longest comment. */
const END_LENGTH = 22;
const LONGEST_COMMENT = 0xffff;
const END_SIGNATURE = 0x06054b50;
/** An entry of the central directory, up to its name. */
const ENTRY_LENGTH = 46;
const ENTRY_SIGNATURE = 0x02014b50;
/** A local file header, up to its name. */
const HEADER_LENGTH = 30;
const DEFLATE = 8;

/**
 * @param {Blob} archive
 * @param {string} name
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function extract(archive, name) {
  const entry = (await list(archive)).find((one) => one.name === name);
  if (!entry) throw new Error(`the archive has no ${name}`);
  return unpack(archive, entry);
}

/** The content of an entry. @param {Blob} archive @param {Entry} entry */
export async function unpack(archive, entry) {
  const header = await view(archive, entry.offset, HEADER_LENGTH);
  const start = entry.offset + HEADER_LENGTH + header.getUint16(26, true) + header.getUint16(28, true);
  const packed = archive.slice(start, start + entry.size);
  const plain = entry.method === DEFLATE ? packed.stream().pipeThrough(new DecompressionStream('deflate-raw')) : packed.stream();
  return new Uint8Array(await new Response(plain).arrayBuffer());
}

/** The entries of an archive; empty where it is none. @param {Blob} archive @returns {Promise<Entry[]>} */
export async function list(archive) {
  const last = (await endOf(archive, END_LENGTH)) ?? (await endOf(archive, END_LENGTH + LONGEST_COMMENT));
  if (!last) return [];
  const directory = await view(archive, last.getUint32(16, true), last.getUint32(12, true));
  const entries = [];
  const text = new TextDecoder();
  for (let at = 0; at + ENTRY_LENGTH <= directory.byteLength && directory.getUint32(at, true) === ENTRY_SIGNATURE; ) {
    const [name, extra, comment] = [28, 30, 32].map((field) => directory.getUint16(at + field, true));
    entries.push({
      name: text.decode(new Uint8Array(directory.buffer, at + ENTRY_LENGTH, Math.min(name, directory.byteLength - at - ENTRY_LENGTH))),
      method: directory.getUint16(at + 10, true),
      size: directory.getUint32(at + 20, true),
      offset: directory.getUint32(at + 42, true),
    });
    at += ENTRY_LENGTH + name + extra + comment;
  }
  return entries;
}

/** The end of the central directory, if the last `length` bytes hold it. @param {Blob} archive @param {number} length */
async function endOf(archive, length) {
  const from = Math.max(0, archive.size - length);
  const last = await view(archive, from, archive.size - from);
  for (let at = last.byteLength - END_LENGTH; at >= 0; at--) {
    if (last.getUint32(at, true) === END_SIGNATURE) return new DataView(last.buffer, at);
  }
  return null;
}

/** @param {Blob} blob @param {number} from @param {number} length */
async function view(blob, from, length) {
  return new DataView(await blob.slice(from, from + length).arrayBuffer());
}
