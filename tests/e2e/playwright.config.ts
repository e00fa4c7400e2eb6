import { defineConfig } from '@playwright/test';

/** WebGPU on the software adapter, so that nothing depends on the machine's GPU, and no traffic of the browser's own. */
export const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** Tests that measure time. */
const TIMED = /(load|stack|figures)\.spec\.ts$/;

/** Set to the minutes of the long tests, which then run alone. Here and not on the command line: that filters no project which another depends on. */
const soak = process.env.GLIOSCOPE_SOAK !== undefined;

export default defineConfig({
  testDir: '.',
  ...(soak ? { grep: /@soak/ } : { grepInvert: /@soak/ }),
  // A software GPU takes seconds a slice, on every core that there is.
  timeout: 300_000,
  expect: { timeout: 60_000 },
  // Every test has a page of its own; most of them wait more than they compute.
  fullyParallel: true,
  workers: '100%',
  // What is timed has the machine to itself, once all the others are through; `--no-deps` runs it alone. The machine may be
  // one of many on a host that halts it at will: what is too slow is so three times in a row, what fails for another reason
  // twice. xtask's summary names whatever did not pass at its first attempt.
  projects: [
    { name: 'page', testIgnore: TIMED, retries: soak ? 0 : 1 },
    { name: 'timed', testMatch: TIMED, workers: 1, retries: soak ? 0 : 2, dependencies: ['page'] },
  ],
  snapshotPathTemplate: '{testDir}/{testFilePath}-snapshots/{arg}-{platform}{ext}',
  // The second where xtask says to what file, for its summary.
  reporter: process.env.PLAYWRIGHT_JSON_OUTPUT_FILE === undefined ? [['list']] : [['list'], ['json']],
  use: {
    baseURL: process.env.GLIOSCOPE_URL ?? 'http://localhost:8080/',
    // A page whose files do not come fails its test, and does not wait for the test's own end.
    navigationTimeout: 120_000,
    viewport: { width: 1440, height: 900 },
    acceptDownloads: true,
    // What a service worker answers no test can alter; those of the offline page allow it.
    serviceWorkers: 'block',
    launchOptions: { executablePath: process.env.GLIOSCOPE_CHROMIUM ?? '/usr/bin/chromium', args: FLAGS },
  },
});
