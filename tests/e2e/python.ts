/**
 * Independent readers in Python: nibabel for NIfTI and tifffile for TIFF. They are installed on first use in a virtual
 * environment below cargo's target folder.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { TRAIN } from './files.ts';

const PACKAGES = ['nibabel==5.3.3', 'numpy==2.2.6', 'tifffile==2025.5.10'];

const FOLDER = resolve(TRAIN, '../../e2e-python');
const programIn = (folder: string) => join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

/** The reason why the readers are not available, or an empty string. */
export function whyNoPython(): string {
  if (existsSync(FOLDER)) return '';
  // Tests run in parallel: each may create an environment, and the first to finish is kept.
  const own = `${FOLDER}-${process.pid}`;
  try {
    const python = process.platform === 'win32' ? 'python' : 'python3';
    execFileSync(python, ['-m', 'venv', own], { stdio: 'pipe' });
    execFileSync(programIn(own), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...PACKAGES], { stdio: 'pipe' });
    renameSync(own, FOLDER);
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    if (!existsSync(FOLDER)) {
      return `no Python with ${PACKAGES.join(', ')}: ${String(error instanceof Error ? error.message : error).split('\n')[0]}`;
    }
  }
  return '';
}

/** Runs a script that prints JSON, and returns the parsed value. */
export function python<T>(script: string, ...args: string[]): T {
  return JSON.parse(execFileSync(programIn(FOLDER), ['-c', script, ...args], { encoding: 'utf8', maxBuffer: 1 << 26 })) as T;
}
