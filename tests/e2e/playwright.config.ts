import { defineConfig } from '@playwright/test';

/** WebGPU on the software adapter, independent of the machine's GPU, and no background traffic of the browser. */
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

/** Tests of the npm packages, which xtask packs and names in `GLIOSCOPE_PACKAGES`. */
const PACKAGES = /packages\.spec\.ts$/;

/**
 * `GLIOSCOPE_SOAK` has the minutes of the tests with `@soak`, which then run alone, with those with `@full`. A filter on the command
 * line would not apply to projects that others depend on.
 */
const soak = process.env.GLIOSCOPE_SOAK !== undefined;
const LONG = /@(soak|full)/;

export default defineConfig({
  testDir: '.',
  ...(soak ? { grep: LONG } : { grepInvert: LONG }),
  // A software GPU takes seconds per slice, with all cores.
  timeout: 300_000,
  expect: { timeout: 60_000 },
  // Every test has its own page. Most tests wait more than they compute.
  fullyParallel: true,
  workers: '100%',
  // Timed tests run one by one after all others; `--no-deps` runs only them. A virtual machine may be paused at any time, so
  // a timed test fails after three attempts, and any other test after two. xtask lists all tests that failed at least once.
  projects: [
    { name: 'page', testIgnore: [TIMED, PACKAGES], retries: soak ? 0 : 1 },
    { name: 'timed', testMatch: TIMED, workers: 1, retries: soak ? 0 : 2, dependencies: ['page'] },
    ...(process.env.GLIOSCOPE_PACKAGES ? [{ name: 'packages', testMatch: PACKAGES, fullyParallel: false, retries: 1 }] : []),
  ],
  snapshotPathTemplate: '{testDir}/{testFilePath}-snapshots/{arg}-{platform}{ext}',
  // xtask reads the JSON results for its summary.
  reporter: process.env.PLAYWRIGHT_JSON_OUTPUT_FILE === undefined ? [['list']] : [['list'], ['json']],
  use: {
    baseURL: process.env.GLIOSCOPE_URL ?? 'http://localhost:8080/',
    // A page that does not load fails before the test's own timeout.
    navigationTimeout: 120_000,
    viewport: { width: 1440, height: 900 },
    acceptDownloads: true,
    // Tests cannot alter the answers of a service worker. Only the offline tests allow one.
    serviceWorkers: 'block',
    launchOptions: { executablePath: process.env.GLIOSCOPE_CHROMIUM ?? '/usr/bin/chromium', args: FLAGS },
  },
});
