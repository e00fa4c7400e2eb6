/**
 * Test files: folders of slices, and independent readers for the files that the page saves.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import { inflateRawSync } from 'node:zlib';

/** The native program. */
export const TRAIN = process.env.GLIOSCOPE_TRAIN ?? resolve(import.meta.dirname, '../../target/release/train');

/** The shipped model. */
export const MODEL = resolve(import.meta.dirname, '../../www/model');

/** Image files of the readers' unit tests. */
export const FIXTURES = resolve(import.meta.dirname, '../fixtures');

/** Runs the native program. */
export function train(...args: string[]) {
  execFileSync(TRAIN, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** What the native program writes for the patients in a folder, by path. Without the records of `--resume`. */
export function segmented(folder: string): Map<string, Buffer> {
  const out = mkdtempSync(join(tmpdir(), 'glioscope-native-'));
  train('segment', folder, '--out', out, '--model', MODEL, '--device', 'cpu');
  const entries = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map(({ parentPath, name }) => relative(out, join(parentPath, name)).replaceAll('\\', '/'));
  return new Map(paths.filter((path) => !path.startsWith('.cohort/')).map((path) => [path, readFileSync(join(out, path))]));
}

let phantomRoot = '';

/** Folders of two synthetic patients, created once. */
export function phantoms(): string[] {
  if (!phantomRoot) {
    phantomRoot = mkdtempSync(join(tmpdir(), 'glioscope-phantoms-'));
    train('phantom', '--out', join(phantomRoot, 'all'), '--patients', '2', '--seed', '1');
  }
  return readdirSync(join(phantomRoot, 'all')).sort().map((name) => join(phantomRoot, 'all', name));
}

/** Creates new synthetic patients with `slices` slices each, and returns their folders. */
export function patients(count: number, slices: number, seed: number): string[] {
  const out = mkdtempSync(join(tmpdir(), 'glioscope-patients-'));
  train('phantom', '--out', out, '--patients', String(count), '--slices', String(slices), '--seed', String(seed));
  return readdirSync(out).sort().map((name) => join(out, name));
}

/** A patient with many slices and no references, by repeating the slices of a folder. */
export function stack(folder: string, name: string, slices: number): string {
  const files = readdirSync(folder).filter((file) => !file.includes('_mask'));
  const out = join(mkdtempSync(join(tmpdir(), 'glioscope-stack-')), name);
  mkdirSync(out);
  for (let i = 0; i < slices; i++) cpSync(join(folder, files[i % files.length]), join(out, `${name}_${i + 1}.tif`));
  return out;
}

/** A copy of a patient with some slices from the middle, few enough for a software GPU. */
export function excerpt(folder: string, slices: number): string {
  const name = basename(folder);
  const out = join(mkdtempSync(join(tmpdir(), 'glioscope-excerpt-')), name);
  mkdirSync(out);
  const all = readdirSync(folder).filter((file) => !file.includes('_mask')).length;
  for (let i = 0; i < slices; i++) {
    const number = Math.round((all - slices) / 2) + i + 1;
    for (const file of [`${name}_${number}.tif`, `${name}_${number}_mask.tif`]) cpSync(join(folder, file), join(out, file));
  }
  return out;
}

/** A study with nested folders: three slices of each of two patients, and an unrelated file. */
export function study(): string {
  const root = join(mkdtempSync(join(tmpdir(), 'glioscope-nested-')), 'study');
  for (const [at, patient] of phantoms().entries()) {
    const folder = join(root, `ward ${at}`, 'mr', basename(patient));
    mkdirSync(folder, { recursive: true });
    for (const number of [2, 10, 9]) {
      const name = `${basename(patient)}_${number}.tif`;
      cpSync(join(patient, name), join(folder, name));
    }
  }
  writeFileSync(join(root, '.DS_Store'), 'litter');
  return root;
}

/** Folders of real patients below `GLIOSCOPE_REAL`, if it is set. */
export function realPatients(): string[] {
  const root = process.env.GLIOSCOPE_REAL;
  if (!root) return [];
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  const folders = entries.filter((entry) => entry.name.endsWith('_mask.tif')).map((entry) => entry.parentPath);
  return [...new Set(folders)].sort();
}

/** The native program's masks of a patient, by file name. */
export function nativeMasks(folder: string): Map<string, Mask> {
  const files = [...segmented(folder)].filter(([path]) => path.endsWith('_mask.tif'));
  return new Map(files.map(([path, bytes]) => [basename(path), readMask(bytes)]));
}

export interface Mask {
  width: number;
  height: number;
  /** 0 or 255, row by row. */
  pixels: Buffer;
}

export interface Samples {
  width: number;
  height: number;
  channels: number;
  /** 0 to 255, pixel by pixel. */
  samples: Buffer;
}

/** Reads a mask: an uncompressed 8-bit grey TIFF with the values 0 and 255. */
export function readMask(file: Buffer): Mask {
  const { width, height, channels, samples: pixels } = readSamples(file);
  if (channels !== 1) throw new Error(`${channels} channels`);
  if (pixels.some((value) => value !== 0 && value !== 255)) throw new Error('values other than 0 and 255');
  return { width, height, pixels };
}

/** Reads an uncompressed 8-bit TIFF. */
export function readSamples(file: Buffer): Samples {
  if (file.toString('latin1', 0, 2) !== 'II' || file.readUInt16LE(2) !== 42) throw new Error('not a little-endian TIFF');
  const directory = file.readUInt32LE(4);
  const tags = new Map<number, number[]>();
  for (let i = 0; i < file.readUInt16LE(directory); i++) {
    const entry = directory + 2 + 12 * i;
    const [tag, type, count] = [file.readUInt16LE(entry), file.readUInt16LE(entry + 2), file.readUInt32LE(entry + 4)];
    const size = type === 3 ? 2 : 4;
    if (type !== 3 && type !== 4) continue;
    const at = count * size > 4 ? file.readUInt32LE(entry + 8) : entry + 8;
    tags.set(tag, Array.from({ length: count }, (_, k) => file.readUIntLE(at + k * size, size)));
  }
  const one = (tag: number) => tags.get(tag)?.[0] ?? 0;
  const [width, height, bits, compression, channels] = [256, 257, 258, 259, 277].map(one);
  if (bits !== 8 || compression !== 1) throw new Error(`${bits} bits, compression ${compression}`);
  const lengths = tags.get(279) ?? [];
  const strips = (tags.get(273) ?? []).map((offset, i) => file.subarray(offset, offset + lengths[i]));
  const samples = Buffer.concat(strips);
  if (samples.length !== width * height * channels) throw new Error(`${samples.length} bytes for ${width} x ${height} x ${channels}`);
  return { width, height, channels, samples };
}

/** The files of a zip by path, from its central directory. */
export function unzip(archive: Buffer): Map<string, Buffer> {
  const end = archive.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0) throw new Error('not a zip');
  const files = new Map<string, Buffer>();
  let at = archive.readUInt32LE(end + 16);
  for (let i = 0; i < archive.readUInt16LE(end + 10); i++) {
    const [method, size, name, extra, comment] = [10, 20, 28, 30, 32].map((offset) =>
      offset === 20 ? archive.readUInt32LE(at + offset) : archive.readUInt16LE(at + offset),
    );
    const path = archive.toString('utf8', at + 46, at + 46 + name);
    const local = archive.readUInt32LE(at + 42);
    const data = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const bytes = archive.subarray(data, data + size);
    files.set(path, method === 8 ? inflateRawSync(bytes) : bytes);
    at += 46 + name + extra + comment;
  }
  return files;
}

/** The masks of a saved archive, by path. */
export function masks(archive: Buffer): Map<string, Buffer> {
  return new Map([...unzip(archive)].filter(([path]) => path.endsWith('_mask.tif')));
}

/** The fraction of pixels that are equal in two masks of one slice, 0 to 1. */
export function agreement(a: Mask, b: Mask): number {
  if (a.width !== b.width || a.height !== b.height) return 0;
  return a.pixels.reduce((equal, value, i) => equal + (value === b.pixels[i] ? 1 : 0), 0) / a.pixels.length;
}
