/**
 * A browser for each measurement.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { chromium } from 'playwright-core';

/** @import { Browser, Page } from 'playwright-core' */

/** WebGPU on the software adapter, independent of the machine's GPU, and no background traffic of the browser. */
const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** The window of the end-to-end tests. */
const viewport = { width: 1440, height: 900 };

/**
 * Runs `work` with an empty page of a new browser.
 * @template T
 * @param {string} executablePath a Chromium
 * @param {(page: Page, pid: number) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withBrowser(executablePath, work) {
  const launched = await chromium.launchServer({ executablePath, args: FLAGS });
  /** @type {Browser | undefined} */
  let browser;
  try {
    browser = await chromium.connect(launched.wsEndpoint());
    const page = await browser.newPage({ viewport });
    page.setDefaultTimeout(0);
    page.on('console', (message) => {
      if (message.type() === 'error') console.error(`browser: ${message.text()}`);
    });
    return await work(page, launched.process().pid ?? 0);
  } finally {
    await browser?.close();
    await launched.close();
  }
}

/** The peak resident memory of the largest renderer process of a browser, in bytes. Linux only. @param {number} browser its process */
export function peakMemory(browser) {
  /** @type {(file: string) => string} */
  const read = (file) => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      // The process has ended.
      return '';
    }
  };
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = new Map(processes.map((pid) => [pid, Number(/^PPid:\s*(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1])]));
  const below = (/** @type {number | undefined} */ pid) => {
    for (; pid; pid = parents.get(pid)) if (pid === browser) return true;
    return false;
  };
  const renderers = processes.filter((pid) => below(pid) && read(`/proc/${pid}/cmdline`).includes('--type=renderer'));
  const most = renderers.map((pid) => Number(/^VmHWM:\s*(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024);
  return Math.max(...most);
}
