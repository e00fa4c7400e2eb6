/**
 * Writes test files: archives, PNGs, NIfTI volumes, multi-page TIFFs and TIFFs with a resolution. The code follows the format
 * specifications, so that the readers are not tested against themselves.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { crc32, deflateRawSync, deflateSync } from 'node:zlib';

/** Writes a zip of files, by path. */
export function zip(files: Map<string, Buffer>): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [path, bytes] of files) {
    const name = Buffer.from(path);
    const packed = deflateRawSync(bytes);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x0800, 2);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, name, packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, rest, name]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(files.size, 8);
  end.writeUInt16LE(files.size, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

/** Writes an RGB PNG. `colour` gives the channels of a pixel. */
export function png(width: number, height: number, colour: (x: number, y: number) => number[]): Buffer {
  const rows = Buffer.alloc(height * (3 * width + 1));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rows.set(colour(x, y).map((value) => Math.max(0, Math.min(255, Math.round(value)))), y * (3 * width + 1) + 1 + 3 * x);
  }
  const chunk = (kind: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(kind, 'latin1'), data]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
  };
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

/** Writes a NIfTI-1 volume of unsigned bytes. `affine` maps voxels to millimetres, and `value` gives the value of a voxel. */
export function nifti([width, height, depth]: number[], affine: number[][], value: (x: number, y: number, z: number) => number): Buffer {
  const file = Buffer.alloc(352 + width * height * depth);
  file.writeInt32LE(348, 0);
  [3, width, height, depth, 1, 1, 1, 1].forEach((length, i) => file.writeInt16LE(length, 40 + 2 * i));
  file.writeInt16LE(2, 70); // DT_UINT8
  file.writeInt16LE(8, 72);
  [1, ...[0, 1, 2].map((axis) => Math.hypot(...affine.map((row) => row[axis])))].forEach((length, i) => file.writeFloatLE(length, 76 + 4 * i));
  file.writeFloatLE(352, 108);
  file.writeFloatLE(1, 112);
  file.writeUInt8(2, 123); // millimetres
  file.writeInt16LE(1, 254); // sform: scanner coordinates
  affine.flat().forEach((number, i) => file.writeFloatLE(number, 280 + 4 * i));
  file.write('n+1\0', 344, 'latin1');
  for (let z = 0; z < depth; z++) for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) file[352 + (z * height + y) * width + x] = value(x, y, z);
  return file;
}

/** The files of a folder, by their path in an archive of it. */
export function filesOf(folder: string): Map<string, Buffer> {
  return new Map(readdirSync(folder).sort().map((name) => [`${basename(folder)}/${name}`, readFileSync(join(folder, name))]));
}

const INCH = 25.4;

/** A copy of a little-endian TIFF with a resolution, given in millimetres per pixel. */
export function withResolution(file: Buffer, x: number, y: number): Buffer {
  const directory = file.readUInt32LE(4);
  const entries = entriesOf(file, directory).filter((entry) => ![282, 283, 296].includes(entry.readUInt16LE(0)));
  const start = file.length + (file.length % 2);
  const rationals = Buffer.alloc(16);
  [x, y].forEach((millimetres, at) => {
    rationals.writeUInt32LE(Math.round((INCH / millimetres) * 1e5), 8 * at);
    rationals.writeUInt32LE(1e5, 8 * at + 4);
  });
  const more = [entry(282, 5, 1, start), entry(283, 5, 1, start + 8), entry(296, 3, 1, 2)];
  const sorted = [...entries, ...more].sort((a, b) => a.readUInt16LE(0) - b.readUInt16LE(0));
  const whole = Buffer.concat([file, Buffer.alloc(start - file.length), rationals, encodeDirectory(sorted, 0)]);
  whole.writeUInt32LE(start + 16, 4);
  return whole;
}

/** Joins little-endian single-page TIFFs into one multi-page TIFF. */
export function pages(files: Buffer[]): Buffer {
  const parts: Buffer[] = [Buffer.from('II*\0\0\0\0\0', 'latin1')];
  let length = 8;
  let link: { part: Buffer; at: number } = { part: parts[0], at: 4 };
  for (const file of files) {
    const base = length;
    const moved = Buffer.from(file);
    const entries = entriesOf(moved, moved.readUInt32LE(4)).map((one) => {
      const [tag, type, count] = [one.readUInt16LE(0), one.readUInt16LE(2), one.readUInt32LE(4)];
      const external = count * ([0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8][type] ?? 1) > 4;
      // Strip offsets move with the page.
      if (tag === 273 && type === 4) {
        const values = external ? { bytes: moved, at: one.readUInt32LE(8) } : { bytes: one, at: 8 };
        for (let i = 0; i < count; i++) values.bytes.writeUInt32LE(values.bytes.readUInt32LE(values.at + 4 * i) + base, values.at + 4 * i);
      }
      if (external) one.writeUInt32LE(one.readUInt32LE(8) + base, 8);
      return one;
    });
    const directory = encodeDirectory(entries, 0);
    const padding = Buffer.alloc(moved.length % 2);
    link.part.writeUInt32LE(base + moved.length + padding.length, link.at);
    link = { part: directory, at: directory.length - 4 };
    parts.push(moved, padding, directory);
    length += moved.length + padding.length + directory.length;
  }
  return Buffer.concat(parts);
}

function entriesOf(file: Buffer, directory: number): Buffer[] {
  const count = file.readUInt16LE(directory);
  return Array.from({ length: count }, (_, i) => Buffer.from(file.subarray(directory + 2 + 12 * i, directory + 14 + 12 * i)));
}

function entry(tag: number, type: number, count: number, value: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16LE(tag, 0);
  bytes.writeUInt16LE(type, 2);
  bytes.writeUInt32LE(count, 4);
  if (type === 3) bytes.writeUInt16LE(value, 8);
  else bytes.writeUInt32LE(value, 8);
  return bytes;
}

function encodeDirectory(entries: Buffer[], next: number): Buffer {
  const [count, link] = [Buffer.alloc(2), Buffer.alloc(4)];
  count.writeUInt16LE(entries.length);
  link.writeUInt32LE(next);
  return Buffer.concat([count, ...entries, link]);
}
