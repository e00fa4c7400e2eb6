/**
 * Faults: each error names its cause, and the page continues where it can.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FIXTURES, excerpt, masks, phantoms, unzip } from './files.ts';
import { expect, override, slowSlices, test } from './page.ts';
import { area, drag } from './stage.ts';

const TRAP = `throw new WebAssembly.RuntimeError('unreachable executed')`;

test('rejected files are listed with reasons while the others are segmented', async ({ scope, page }) => {
  const folder = excerpt(phantoms()[0], 3);
  const slices = readdirSync(folder).map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
  const [whole] = slices;
  const refused = readdirSync(FIXTURES).filter((name) => name.startsWith('refused-'));
  const bad: Record<string, [Buffer, RegExp]> = {
    'notes.tif': [Buffer.from('seen on Monday'), /a text is not read here/],
    'empty.tif': [Buffer.alloc(0), /an empty file is not read here/],
    'cut.tif': [whole.bytes.subarray(0, 9000), /truncated/],
    'cut.png': [readFileSync(join(FIXTURES, 'rgb-8.png')).subarray(0, 60), /./],
    ...Object.fromEntries(refused.map((name) => [name, [readFileSync(join(FIXTURES, name)), /./] as [Buffer, RegExp]])),
  };
  expect(refused.length).toBeGreaterThan(5);
  await scope.open('?backend=cpu');
  await scope.chooseFiles([...slices, ...Object.entries(bad).map(([name, [bytes]]) => ({ name, bytes }))]);
  await scope.is('done');
  const lines = await page.locator('#errors li').allTextContents();
  expect(lines).toHaveLength(Object.keys(bad).length);
  await expect(page.locator('#status')).toHaveText(new RegExp(`^3 slices, \\d outlined; ${lines.length} files not used$`));
  for (const [name, [, reason]] of Object.entries(bad)) {
    const line = lines.find((text) => text.startsWith(`${name}: `));
    expect(line, name).toBeDefined();
    expect(line?.slice(name.length + 2)).toMatch(reason);
  }
  expect(masks((await scope.download()).bytes).size).toBe(3);
});

test('a drop without a usable file is an error, and the next drop works', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  await scope.chooseFiles([{ name: 'notes.tif', bytes: Buffer.from('no slice') }]);
  await scope.is('error');
  await expect(page.locator('#errors li')).toHaveText(/^notes\.tif: a text is not read here/);
  await scope.chooseFolder(excerpt(phantoms()[0], 2));
  await scope.is('done');
  await expect(page.locator('#errors li')).toHaveCount(0);
});

test('the page shows progress and the remaining time @full', async ({ scope, page }) => {
  await scope.tamper('pkg/glioscope.js', slowSlices(400));
  await scope.open('?backend=cpu&workers=1');
  await scope.chooseFolder(excerpt(phantoms()[0], 12));
  let status = '';
  await expect.poll(async () => (status = (await page.locator('#status').textContent()) ?? '')).toMatch(/^[2-9] of 12 slices · \d+ s left$/);
  const [, seconds] = /(\d+) s left/.exec(status) ?? [];
  expect(Number(seconds), 'the remaining time fits the slow slices').toBeGreaterThanOrEqual(2);
  expect(Number(await page.locator('#progress').getAttribute('max'))).toBe(12);
  await scope.is('done');
  await expect(page.locator('#status')).toHaveText(/^12 slices, \d+ outlined$/);
});

test('cancel keeps finished slices', async ({ scope, page }) => {
  await scope.tamper('pkg/glioscope.js', slowSlices(200));
  await scope.open('?backend=cpu&workers=1');
  await scope.chooseFolder(phantoms()[0]);
  await scope.finished(2);
  await page.focus('#cancel');
  await page.keyboard.press('Enter');
  await scope.is('done');
  await expect(page.locator('#status')).toHaveText(/^Cancelled/);
  await expect(page.locator('#stage'), 'the focus moves to the stage').toBeFocused();
  const done = await page.locator('#strip [data-is="clear"], #strip [data-is="lesion"]').count();
  expect(done).toBeLessThan(24);
  expect(masks((await scope.download()).bytes).size).toBe(done);

  // The remaining slices are not queued.
  await page.locator('#strip [data-is="waiting"]').first().click();
  await expect(page.locator('#readout .waiting')).toHaveText('Not segmented');

  // Figures of some slices are marked as incomplete, and no volume can be saved.
  await expect(page.locator('#cases .counts')).toContainText(`${done} of 24 slices segmented`);
  await page.click('#tab-measure');
  await expect(page.locator('#measures dl >> nth=0')).toContainText(`Segmented${done} of 24 slices`);
  await page.click('#tab-save');
  for (const what of ['mask', 'probability']) await expect(page.locator(`[data-command="save-${what}"]`)).toBeDisabled();
  await page.click('#continue');
  await scope.is('running');
  await expect(page.locator('#continue')).toBeHidden();
  await scope.is('done');
  await expect(page.locator('#status')).toHaveText(/^24 slices, \d+ outlined$/);
  await expect(page.locator('#continue')).toBeHidden();
  await expect(page.locator('#cases .counts')).toContainText(/^24 slices, /);
  await expect(page.locator('#measures dl >> nth=0')).not.toContainText('Segmented');
  for (const what of ['mask', 'probability']) await expect(page.locator(`[data-command="save-${what}"]`)).toBeEnabled();
});

test('a new drop replaces the running one', async ({ scope, page }) => {
  const [first, second] = phantoms();
  await scope.tamper('pkg/glioscope.js', slowSlices(200));
  await scope.open('?backend=cpu');
  await scope.drop(first);
  await scope.finished(2);
  await scope.drop(excerpt(second, 4));
  await expect(page.locator('#cases b')).toHaveText(['PHANTOM_0002']);
  await scope.is('done');
  await expect(page.locator('#strip button')).toHaveCount(4);
  const names = [...masks((await scope.download()).bytes).keys()];
  expect(names).toHaveLength(4);
  expect(names.every((name) => name.includes('PHANTOM_0002'))).toBe(true);
});

test('after a panic a new worker finishes the case', async ({ scope, page }) => {
  await scope.tamper('pkg/glioscope.js', override('segment', `if (call === 3) ${TRAP}; return original.apply(this, given);`), 1);
  await scope.open('?backend=cpu&workers=1');
  await scope.chooseFolder(excerpt(phantoms()[0], 6));
  await scope.is('done');
  await expect(page.locator('#notice')).toContainText('A new one has been started');
  await expect(page.locator('#errors li')).toHaveCount(0);
  expect(masks((await scope.download()).bytes).size).toBe(6);
  expect(page.workers()).toHaveLength(1);
});

test('a panic that rejects no promise is detected too @full', async ({ scope, page }) => {
  const silent = `if (call === 2) { hear('panicked at src/unet.rs'); return new Promise(() => {}); } return original.apply(this, given);`;
  const change = (source: string) => override('segment', silent)(
    `${source.replace('export function onPanic', 'function hook')}\nlet hear; export function onPanic(f) { hear = f; hook(f); }`,
  );
  await scope.tamper('pkg/glioscope.js', change, 1);
  await scope.open('?backend=cpu&workers=1');
  await scope.chooseFolder(excerpt(phantoms()[0], 4));
  await scope.is('done');
  await expect(page.locator('#notice')).toContainText('panicked at src/unet.rs');
  expect(masks((await scope.download()).bytes).size).toBe(4);
});

test('slices that panic every time are named and skipped, however many there are @full', async ({ scope, page }) => {
  await scope.tamper('pkg/glioscope.js', override('segment', `if (/[13579]\\.tif$/.test(given[0])) ${TRAP}; return original.apply(this, given);`));
  await scope.open('?backend=cpu&workers=1');
  await scope.chooseFolder(excerpt(phantoms()[0], 8));
  await scope.is('done');
  await expect(page.locator('#errors li')).toHaveText(Array(4).fill(/unreachable/));
  expect(masks((await scope.download()).bytes).size).toBe(4);
});

test('if no slice can be segmented, the run ends with an error @full', async ({ scope, page }) => {
  await scope.tamper('pkg/glioscope.js', override('segment', TRAP));
  await scope.open('?backend=cpu&workers=1');
  await scope.chooseFolder(excerpt(phantoms()[0], 8));
  await scope.is('error');
  await expect(page.locator('#notice')).toContainText('6 workers were lost, the last one because: unreachable');
});

test('files that panic the reader are named and skipped, however many there are', async ({ scope, page }) => {
  await scope.tamper('pkg/glioscope.js', override('addFile', `if (given[0].startsWith('bad')) ${TRAP}; return original.apply(this, given);`));
  await scope.open('?backend=cpu&workers=1');
  const folder = excerpt(phantoms()[0], 2);
  const slices = readdirSync(folder).map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
  const bad = [1, 2, 3, 4].map((number) => ({ name: `bad_${number}.tif`, bytes: slices[0].bytes }));
  await scope.chooseFiles([slices[0], ...bad, ...slices.slice(1)]);
  await scope.is('done');
  await expect(page.locator('#errors li')).toHaveText(bad.map(({ name }) => new RegExp(`^${name}: .*unreachable`)));
  expect(masks((await scope.download()).bytes).size).toBe(2);
});

test('a worker that the browser kills is replaced, during a case and after it', async ({ scope, page }) => {
  await scope.tamper('pkg/glioscope.js', slowSlices(200));
  await scope.open('?backend=cpu&workers=1');
  await scope.chooseFolder(phantoms()[0]);
  await scope.finished(3);
  await page.workers()[0].evaluate(() => self.close());
  await expect(page.locator('#notice')).toContainText('the browser ended the worker');
  await scope.is('done');
  await page.click('#notice [data-act="close"]');
  await page.workers()[0].evaluate(() => self.close());
  await expect(page.locator('#notice')).toContainText('finished slices and edits are kept');
  expect(masks((await scope.download()).bytes).size).toBe(24);
});

test('if no new worker can start, the case and its edits can be resumed later', async ({ scope, page }) => {
  await scope.open('?backend=cpu&workers=1');
  await scope.chooseFolder(excerpt(phantoms()[0], 2));
  await scope.is('done');
  const predicted = await area(page);
  await page.keyboard.press('b');
  await drag(page, [80, 150], [120, 150], 256);
  await expect.poll(() => area(page)).toBeGreaterThan(predicted);
  const edited = await area(page);
  await page.route('**/www/pkg/**', (route) => route.abort());
  await page.workers()[0].evaluate(() => self.close());
  await scope.is('error');
  await expect(page.locator('#notice')).toContainText('cannot compute here');
  await page.unroute('**/www/pkg/**');
  await page.click('#notice [data-act="retry"]');
  await scope.is('done');
  await expect.poll(() => area(page)).toBe(edited);
  await expect(page.locator('#strip [data-edited]')).toHaveCount(1);
  expect(masks((await scope.download()).bytes).size).toBe(2);
});

test('a killed helper worker loses no slice', async ({ scope, page }) => {
  await scope.tamper('pkg/glioscope.js', slowSlices(200));
  await scope.open('?backend=cpu&workers=2');
  await scope.chooseFolder(phantoms()[0]);
  await scope.finished(5);
  await page.workers()[1].evaluate(() => self.close());
  await scope.is('done');
  expect(masks((await scope.download()).bytes).size).toBe(24);
  await expect(page.locator('#errors li')).toHaveCount(0);
  await expect(page.locator('#notice')).toBeHidden();
});

test('the page does not wait for a helper worker that does not load @full', async ({ scope, page }) => {
  let asked = 0;
  // Only the first request is answered.
  await page.route('**/www/pkg/glioscope.js', (route) => (++asked === 1 ? route.continue() : undefined));
  await scope.open('?backend=cpu&workers=2');
  await expect.poll(() => asked).toBe(2);
  await scope.chooseFolder(excerpt(phantoms()[0], 8));
  await scope.is('done');
  expect(masks((await scope.download()).bytes).size).toBe(8);
});

/** Makes the page treat the software adapter as hardware: nothing in its description says what it is. */
const preferSoftware = (source: string) => `${source}
  for (const [name, value] of Object.entries({ description: 'a GPU', architecture: '', isFallbackAdapter: false })) {
    Object.defineProperty(GPUAdapterInfo.prototype, name, { get: () => value });
  }`;

/** Makes the page find no WebGPU. */
const withoutWebGpu = (source: string) => `${source}\nObject.defineProperty(navigator, 'gpu', { value: undefined });`;

test('a GPU that is slower than the CPU is not used, and the page shows both times', async ({ scope, page }) => {
  await scope.tamper('worker/worker.js', preferSoftware);
  await scope.open();
  await expect(page.locator('#backend')).toHaveText('cpu');
  await expect(page.locator('#device-facts')).toContainText(/WebGPU is not used: it takes \d+ ms per slice, the CPU takes \d+ ms/);
});

/** Makes the page use a GPU that is slower than the CPU, as the software adapter is: the clock of the CPU's worker is fast. */
const preferSlow = (source: string) => `${source}
  { const now = performance.now.bind(performance); performance.now = () => 1e4 * now(); }`;

test('slices run on the CPU until the GPU is ready, then on the GPU', async ({ scope, page }) => {
  await scope.tamper('worker/worker.js', preferSoftware);
  await scope.tamper('worker/worker.js', preferSlow);
  await scope.tamper('pkg/glioscope.js', slowSlices(1000));
  let arrive = () => {};
  const wanted = new Promise<void>((done) => (arrive = done));
  await page.route('**/www/pkg/gpu_bg.wasm', async (route) => {
    await wanted;
    await route.continue();
  });
  await scope.open('?workers=1');
  await expect(page.locator('#backend')).toHaveText('cpu');
  await scope.chooseFolder(phantoms()[0]);
  await scope.finished(2);
  arrive();
  await expect(page.locator('#backend')).toHaveText('webgpu');
  await scope.is('done');
  await expect(page.locator('#errors li')).toHaveCount(0);
  const files = unzip((await scope.download()).bytes);
  expect([...files.keys()].filter((name) => name.endsWith('_mask.tif'))).toHaveLength(24);
  expect(JSON.parse(String(files.get('provenance.json'))).backend).toBe('cpu and webgpu');
});

test('the GPU module is not fetched without a hardware GPU', async ({ scope, page }) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await scope.open();
  await expect(page.locator('#device-facts')).toContainText(/software adapter|offers no/);
  expect(asked.filter((path) => /gpu_bg\.wasm|pkg\/gpu\.js/.test(path))).toEqual([]);
});

test('without the GPU module the page runs on the CPU and says why @full', async ({ scope, page }) => {
  await scope.tamper('worker/worker.js', preferSoftware);
  await page.route('**/www/pkg/gpu_bg.wasm', (route) => route.fulfill({ status: 404 }));
  await scope.open();
  await expect(page.locator('#device-facts')).toContainText('WebGPU is not used: pkg/gpu_bg.wasm: the server answered 404');
  await scope.chooseFolder(excerpt(phantoms()[0], 2));
  await scope.is('done');
  await expect(page.locator('#backend')).toHaveText('cpu');
});

test('if the device is lost during a case, the rest runs on the CPU', async ({ scope, page }) => {
  await scope.tamper('worker/worker.js', preferSoftware);
  await scope.tamper('worker/worker.js', preferSlow);
  const keep = `{ const open = GPUAdapter.prototype.requestDevice;
    GPUAdapter.prototype.requestDevice = async function (given) { return (self.opened = await open.call(this, given)); }; }`;
  await scope.tamper('pkg/gpu.js', (source) => `${source}\n${keep}`);
  await scope.open();
  await expect(page.locator('#backend')).toHaveText('webgpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 5));
  await scope.finished(1);
  for (const worker of page.workers()) await worker.evaluate(() => (self as unknown as { opened?: GPUDevice }).opened?.destroy());
  await scope.is('done');
  await expect(page.locator('#backend')).toHaveText('cpu');
  await expect(page.locator('#notice')).toHaveText(/WebGPU stopped: .*(device|GPU).* The CPU continues/);
  await expect(page.locator('#device-facts')).toContainText('WebGPU is not used');
  expect(masks((await scope.download()).bytes).size).toBe(5);
});

test('a GPU whose values become wrong during a case is not used any more @full', async ({ scope, page }) => {
  await scope.tamper('worker/worker.js', preferSoftware);
  await scope.tamper('worker/worker.js', preferSlow);
  await scope.tamper('pkg/gpu.js', override('forward', `const bad = call === 4; return original.apply(this, given).then((logits) => (bad ? logits.fill(NaN) : logits));`, 'GpuNetwork'));
  await scope.open();
  await expect(page.locator('#backend')).toHaveText('webgpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 5));
  await scope.is('done');
  await expect(page.locator('#backend')).toHaveText('cpu');
  await expect(page.locator('#notice')).toContainText('which is not finite');
  await expect(page.locator('#errors li')).toHaveCount(0);
  expect(masks((await scope.download()).bytes).size).toBe(5);
});

test('a GPU that computes wrong numbers is detected', async ({ scope, page }) => {
  await scope.tamper('worker/worker.js', preferSoftware);
  await scope.tamper('pkg/glioscope.js', override('checkLogits', 'return 0.2;'));
  await scope.open();
  await expect(page.locator('#backend')).toHaveText('cpu');
  await expect(page.locator('#device-facts')).toContainText('the self-test differs by 0.2');
});

test('a GPU that runs wrong shader code is detected by its results @full', async ({ scope, page }) => {
  await scope.tamper('worker/worker.js', preferSoftware);
  // ReLU with min instead of max: the shaders compile and run, but the results are wrong.
  const wrong = `{ const create = GPUDevice.prototype.createShaderModule;
    GPUDevice.prototype.createShaderModule = function (given) {
      return create.call(this, { ...given, code: given.code.replaceAll('max(', 'min(') }); }; }`;
  await scope.tamper('pkg/gpu.js', (source) => `${source}\n${wrong}`);
  await scope.open();
  await expect(page.locator('#backend')).toHaveText('cpu');
  await expect(page.locator('#device-facts')).toContainText(/WebGPU is not used: the self-test differs by 0\.\d+ in probability, the limit is 0\.001/);
});

test('a GPU without timestamp queries is not used', async ({ scope, page }) => {
  await scope.tamper('worker/worker.js', (source) => `${source}\nGPUSupportedFeatures.prototype.has = () => false;`);
  await scope.open();
  await expect(page.locator('#backend')).toHaveText('cpu');
  await expect(page.locator('#device-facts')).toContainText('lacks timestamp-query');
});

test('a requested backend that is not available is an error', async ({ scope, page }) => {
  await scope.tamper('worker/worker.js', withoutWebGpu);
  await page.goto('./?backend=webgpu');
  await scope.is('error');
  await expect(page.locator('#notice')).toContainText('this browser offers no WebGPU');
});

test('altered or missing weights are an error', async ({ scope, page }) => {
  await page.route('**/www/model/weights.safetensors', (route) => route.fulfill({ body: 'no weights' }));
  await page.goto('./?backend=cpu');
  await scope.is('error');
  await expect(page.locator('#notice')).toContainText('SHA-256');
  await page.unroute('**/www/model/weights.safetensors');
  await page.route('**/www/model/weights.safetensors', (route) => route.fulfill({ status: 404 }));
  await page.click('#notice [data-act="retry"]');
  await scope.is('error');
  await expect(page.locator('#notice')).toContainText('404');
  await page.unroute('**/www/model/weights.safetensors');
  await page.click('#notice [data-act="retry"]');
  await scope.is('ready');
});

test('files dropped before the network failed to load are segmented once it loads, and the page works @full', async ({ scope, page }) => {
  let fail = () => {};
  const dropped = new Promise<void>((done) => (fail = done));
  await page.route('**/www/model/weights.safetensors', async (route) => {
    await dropped;
    await route.fulfill({ status: 404 });
  });
  await page.goto('./?backend=cpu&workers=1');
  await scope.chooseFolder(excerpt(phantoms()[0], 2));
  await scope.is('running');
  fail();
  await scope.is('error');
  await page.unroute('**/www/model/weights.safetensors');
  await page.click('#notice [data-act="retry"]');
  await scope.is('done');
  const threshold = page.locator('input[name="threshold"]');
  await threshold.fill('80');
  await page.click('[data-command="reset-threshold"]');
  await expect(threshold).toHaveValue('50');
});

test('without WebGPU the page runs on the CPU and says why', async ({ scope, page }) => {
  await scope.tamper('worker/worker.js', withoutWebGpu);
  await scope.open();
  await expect(page.locator('#backend')).toHaveText('cpu');
  await expect(page.locator('#device-facts')).toContainText('offers no WebGPU');
});

test('a GPU that rejects a buffer is replaced by the CPU @full', async ({ scope, page }) => {
  await scope.tamper('worker/worker.js', preferSoftware);
  // A size that the device rejects.
  const greedy = `{ const create = GPUDevice.prototype.createBuffer;
    GPUDevice.prototype.createBuffer = function (given) {
      return create.call(this, given.size > 100_000 ? { ...given, mappedAtCreation: false, size: 2 ** 42 } : given); }; }`;
  await scope.tamper('pkg/gpu.js', (source) => `${source}\n${greedy}`);
  await scope.open();
  await expect(page.locator('#backend')).toHaveText('cpu');
  await expect(page.locator('#device-facts')).toContainText('WebGPU is not used');
  await scope.chooseFolder(excerpt(phantoms()[0], 2));
  await scope.is('done');
  await expect(page.locator('#errors li')).toHaveCount(0);
});

for (const [what, change] of [
  ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1)],
  ['altered in one bit', (bytes: Buffer) => Buffer.from(bytes.map((byte, i) => (i === bytes.length >> 1 ? byte ^ 1 : byte)))],
  ['empty', () => Buffer.alloc(0)],
] as const) {
  test(`weights that are ${what} are an error`, async ({ scope, page }) => {
    await page.route('**/www/model/weights.safetensors', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ status: 200, contentType: 'application/octet-stream', body: change(await response.body()) });
    });
    await page.goto('./?backend=cpu');
    await scope.is('error');
    await expect(page.locator('#notice')).toContainText('SHA-256');
  });
}

test('an invalid wasm module is an error', async ({ scope, page }) => {
  await page.route('**/www/pkg/glioscope_bg.wasm', (route) => route.fulfill({ contentType: 'application/wasm', body: '<p>not found' }));
  await page.goto('./?backend=cpu');
  await scope.is('error');
  await expect(page.locator('#notice')).toContainText('cannot compute here');
  await page.unroute('**/www/pkg/glioscope_bg.wasm');
  await page.click('#notice [data-act="retry"]');
  await scope.is('ready');
});

/** This test breaks the page's policy, which the watch would report. */
const unwatched = test.extend({ watch: async ({}, use) => use() });

unwatched('if the policy forbids wasm, the page says so', async ({ scope, page }) => {
  await page.route(/\/(\?.*)?$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replace("'wasm-unsafe-eval'", '') });
  });
  await page.goto('./?backend=cpu');
  await scope.is('error');
  const reason = /WebAssembly|Content Security Policy/;
  await expect(page.locator('#notice')).toContainText(reason);
  await page.click('.runs');
  await expect(page.locator('#diagnostics')).toHaveValue(/"gpu"/);
  const diagnostics = JSON.parse(await page.locator('#diagnostics').inputValue());
  expect(diagnostics.failure).toMatch(reason);
  expect(diagnostics.tried).toEqual([expect.stringMatching(/^cpu: /)]);
  expect(diagnostics.browser.userAgent).toBe(await page.evaluate(() => navigator.userAgent));
});

test('a frozen tab resumes where it stopped @full', async ({ scope, page }) => {
  await scope.tamper('pkg/glioscope.js', slowSlices(200));
  await scope.open('?backend=cpu&workers=2');
  await scope.chooseFolder(phantoms()[0]);
  await scope.finished(2);
  const client = await page.context().newCDPSession(page);
  await client.send('Page.setWebLifecycleState', { state: 'frozen' });
  await new Promise((done) => setTimeout(done, 5000));
  await client.send('Page.setWebLifecycleState', { state: 'active' });
  await scope.is('done');
  await expect(page.locator('#errors li')).toHaveCount(0);
  await expect(page.locator('#notice')).toBeHidden();
  expect(masks((await scope.download()).bytes).size).toBe(24);
});

test('of drops in quick succession the last one is opened, complete', async ({ scope, page }) => {
  const [first, second] = phantoms();
  await scope.open('?backend=cpu&workers=2');
  for (let i = 0; i < 5; i++) await scope.drop(i % 2 === 0 ? first : second);
  await scope.drop(excerpt(second, 3));
  await expect(page.locator('#cases b')).toHaveText(['PHANTOM_0002']);
  await scope.is('done');
  await expect(page.locator('#strip button')).toHaveCount(3);
  const names = [...masks((await scope.download()).bytes).keys()];
  expect(names).toHaveLength(3);
  expect(names.every((name) => name.includes('PHANTOM_0002'))).toBe(true);
});
