/**
 * What goes wrong is named, and what can go on goes on.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FIXTURES, excerpt, masks, phantoms } from './files.ts';
import { expect, override, slowSlices, test } from './page.ts';
import { area, drag } from './stage.ts';

const TRAP = `throw new WebAssembly.RuntimeError('unreachable executed')`;

test('refused files are listed with their reasons while the others run', async ({ scope, page }) => {
  const folder = excerpt(phantoms()[0], 3);
  const slices = readdirSync(folder).map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
  const [whole] = slices;
  const refused = readdirSync(FIXTURES).filter((name) => name.startsWith('refused-'));
  const bad: Record<string, [Buffer, RegExp]> = {
    'notes.txt': [Buffer.from('seen on Monday'), /not an image/],
    'empty.tif': [Buffer.alloc(0), /not an image/],
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

test('a drop without a usable file ends in an error, and the next one works', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  await scope.chooseFiles([{ name: 'notes.txt', bytes: Buffer.from('no slice') }]);
  await scope.is('error');
  await expect(page.locator('#errors li')).toHaveText(/^notes\.txt: not an image/);
  await scope.chooseFolder(excerpt(phantoms()[0], 2));
  await scope.is('done');
  await expect(page.locator('#errors li')).toHaveCount(0);
});

test('while it works the page says how far it is and how long it will take', async ({ scope, page }) => {
  await scope.tamper('pkg/glioscope.js', slowSlices(400));
  await scope.open('?backend=cpu&workers=1');
  await scope.chooseFolder(excerpt(phantoms()[0], 12));
  let said = '';
  await expect.poll(async () => (said = (await page.locator('#status').textContent()) ?? '')).toMatch(/^[2-9] of 12 slices · \d+ s left$/);
  const [, seconds] = /(\d+) s left/.exec(said) ?? [];
  expect(Number(seconds), 'at least half a second a slice remains').toBeGreaterThanOrEqual(2);
  expect(Number(await page.locator('#progress').getAttribute('max'))).toBe(12);
  await scope.is('done');
  await expect(page.locator('#status')).toHaveText(/^12 slices, \d+ outlined$/);
});

test('cancel keeps what is finished', async ({ scope, page }) => {
  await scope.tamper('pkg/glioscope.js', slowSlices(200));
  await scope.open('?backend=cpu&workers=1');
  await scope.chooseFolder(phantoms()[0]);
  await scope.finished(2);
  await page.focus('#cancel');
  await page.keyboard.press('Enter');
  await scope.is('done');
  await expect(page.locator('#status')).toHaveText(/^Cancelled/);
  await expect(page.locator('#stage'), 'a button that is of no more use does not keep the focus').toBeFocused();
  const done = await page.locator('#strip [data-is="clear"], #strip [data-is="lesion"]').count();
  expect(done).toBeLessThan(24);
  expect(masks((await scope.download()).bytes).size).toBe(done);

  // Nothing is on its way.
  await page.locator('#strip [data-is="waiting"]').first().click();
  await expect(page.locator('#readout .waiting')).toHaveText('Not segmented');

  // Figures of a part are not taken for the case's, and no volume is saved of it.
  await expect(page.locator('#cases .counts')).toContainText(`${done} of 24 slices segmented`);
  await page.click('#tab-measure');
  await expect(page.locator('#measures dl')).toContainText(`Segmented${done} of 24 slices`);
  await page.click('#tab-save');
  for (const what of ['mask', 'probability']) await expect(page.locator(`[data-command="save-${what}"]`)).toBeDisabled();
  await page.click('#continue');
  await scope.is('running');
  await expect(page.locator('#continue')).toBeHidden();
  await scope.is('done');
  await expect(page.locator('#status')).toHaveText(/^24 slices, \d+ outlined$/);
  await expect(page.locator('#continue')).toBeHidden();
  await expect(page.locator('#cases .counts')).toContainText(/^24 slices, /);
  await expect(page.locator('#measures dl')).not.toContainText('Segmented');
  for (const what of ['mask', 'probability']) await expect(page.locator(`[data-command="save-${what}"]`)).toBeEnabled();
});

test('a newer drop supersedes the one that runs', async ({ scope, page }) => {
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

test('a panic that is reported but rejects nothing is noticed too', async ({ scope, page }) => {
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

test('slices that panic every time are named and left out, however many they are', async ({ scope, page }) => {
  await scope.tamper('pkg/glioscope.js', override('segment', `if (given[1] % 2) ${TRAP}; return original.apply(this, given);`));
  await scope.open('?backend=cpu&workers=1');
  await scope.chooseFolder(excerpt(phantoms()[0], 8));
  await scope.is('done');
  await expect(page.locator('#errors li')).toHaveText(Array(4).fill(/unreachable/));
  expect(masks((await scope.download()).bytes).size).toBe(4);
});

test('where no slice can be segmented the work ends and says so', async ({ scope, page }) => {
  await scope.tamper('pkg/glioscope.js', override('segment', TRAP));
  await scope.open('?backend=cpu&workers=1');
  await scope.chooseFolder(excerpt(phantoms()[0], 8));
  await scope.is('error');
  await expect(page.locator('#notice')).toContainText('6 workers were lost, the last one because: unreachable');
});

test('files that panic the reader are named and left out, however many they are', async ({ scope, page }) => {
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

test('a worker that the browser kills is replaced, in the middle of a case and after it', async ({ scope, page }) => {
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

test('where no worker can take over, what is open can be taken up again later, edits and all', async ({ scope, page }) => {
  await scope.open('?backend=cpu&workers=1');
  await scope.chooseFolder(excerpt(phantoms()[0], 2));
  await scope.is('done');
  const own = await area(page);
  await page.keyboard.press('b');
  await drag(page, [80, 150], [120, 150], 256);
  await expect.poll(() => area(page)).toBeGreaterThan(own);
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

test('a helper that is killed costs nothing', async ({ scope, page }) => {
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

test('a helper that does not come is not waited for', async ({ scope, page }) => {
  let asked = 0;
  // What the first worker asks for comes.
  await page.route('**/www/model/weights.safetensors', (route) => (++asked === 1 ? route.continue() : undefined));
  await scope.open('?backend=cpu&workers=2');
  await expect.poll(() => asked).toBe(2);
  await scope.chooseFolder(excerpt(phantoms()[0], 8));
  await scope.is('done');
  expect(masks((await scope.download()).bytes).size).toBe(8);
});

/** Lets the software adapter pass for hardware. */
const preferSoftware = (source: string) => source.replace('preferable: !software', 'preferable: true');

test('a GPU that is slower than the CPU is given up, and the page says by how much', async ({ scope, page }) => {
  await scope.tamper('worker/gpu.js', preferSoftware);
  await scope.open();
  await expect(page.locator('#backend')).toHaveText('cpu');
  await expect(page.locator('#device-facts')).toContainText(/WebGPU is not used: it takes \d+ ms per slice, the CPU takes \d+ ms/);
});

test('a lost device in the middle of a case: the rest runs on the CPU', async ({ scope, page }) => {
  await scope.tamper('worker/gpu.js', preferSoftware);
  // A software adapter would lose the race against the CPU.
  await scope.tamper('engine/primary-worker.js', (source) => source.replace(/SLOW_GPU_MS = \d+/, 'SLOW_GPU_MS = Infinity'));
  const keep = `{ const open = GPUAdapter.prototype.requestDevice;
    GPUAdapter.prototype.requestDevice = async function (given) { return (self.opened = await open.call(this, given)); }; }`;
  await scope.tamper('pkg/glioscope.js', (source) => `${source}\n${keep}`, 1);
  await scope.open();
  await expect(page.locator('#backend')).toHaveText('webgpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 5));
  await scope.finished(1);
  await page.workers()[0].evaluate(() => (self as unknown as { opened: GPUDevice }).opened.destroy());
  await scope.is('done');
  await expect(page.locator('#backend')).toHaveText('cpu');
  await expect(page.locator('#notice')).toHaveText(/The worker stopped: .*(device|GPU)/);
  await expect(page.locator('#device-facts')).toContainText('WebGPU is not used');
  expect(masks((await scope.download()).bytes).size).toBe(5);
});

test('a GPU that computes wrong numbers is found out', async ({ scope, page }) => {
  await scope.tamper('worker/gpu.js', preferSoftware);
  await scope.tamper('pkg/glioscope.js', override('check', `return this.backend() === 'webgpu' ? Promise.resolve(0.2) : original.apply(this, given);`));
  await scope.open();
  await expect(page.locator('#backend')).toHaveText('cpu');
  await expect(page.locator('#device-facts')).toContainText('the self-test differs by 0.2');
});

test('a GPU that runs something else than it was given is found out by its numbers', async ({ scope, page }) => {
  await scope.tamper('worker/gpu.js', preferSoftware);
  // Rectified the wrong way round: shaders that compile, and run, and draw nonsense.
  const wrong = `{ const create = GPUDevice.prototype.createShaderModule;
    GPUDevice.prototype.createShaderModule = function (given) {
      return create.call(this, { ...given, code: given.code.replaceAll('max(', 'min(') }); }; }`;
  await scope.tamper('pkg/glioscope.js', (source) => `${source}\n${wrong}`);
  await scope.open();
  await expect(page.locator('#backend')).toHaveText('cpu');
  await expect(page.locator('#device-facts')).toContainText(/WebGPU is not used: the self-test differs by 0\.\d+ in probability, the limit is 0\.001/);
});

test('a GPU without timestamp queries is not tried', async ({ scope, page }) => {
  await scope.tamper('worker/gpu.js', (source) => preferSoftware(source).replace("has('timestamp-query')", "has('no-such-feature')"));
  await scope.open();
  await expect(page.locator('#backend')).toHaveText('cpu');
  await expect(page.locator('#device-facts')).toContainText('lacks timestamp-query');
});

test('a backend that was asked for and cannot be had is an error that says so', async ({ scope, page }) => {
  await scope.tamper('worker/gpu.js', (source) => source.replace('!navigator.gpu', 'true'));
  await page.goto('./?backend=webgpu');
  await scope.is('error');
  await expect(page.locator('#notice')).toContainText('this browser offers no WebGPU');
});

test('altered or missing weights are an error that says so', async ({ scope, page }) => {
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

test('what was dropped before the network failed to load runs when it does, and all else works as well', async ({ scope, page }) => {
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

test('a browser without WebGPU runs on the CPU and says why', async ({ scope, page }) => {
  await scope.tamper('worker/gpu.js', (source) => source.replace('!navigator.gpu', 'true'));
  await scope.open();
  await expect(page.locator('#backend')).toHaveText('cpu');
  await expect(page.locator('#device-facts')).toContainText('offers no WebGPU');
});

test('a GPU that refuses a buffer is given up for the CPU', async ({ scope, page }) => {
  await scope.tamper('worker/gpu.js', preferSoftware);
  // What the device itself says to a size that it does not have.
  const greedy = `{ const create = GPUDevice.prototype.createBuffer;
    GPUDevice.prototype.createBuffer = function (given) {
      return create.call(this, given.size > 100_000 ? { ...given, mappedAtCreation: false, size: 2 ** 42 } : given); }; }`;
  await scope.tamper('pkg/glioscope.js', (source) => `${source}\n${greedy}`);
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
  test(`weights that are ${what} are an error that says so`, async ({ scope, page }) => {
    await page.route('**/www/model/weights.safetensors', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ status: 200, contentType: 'application/octet-stream', body: change(await response.body()) });
    });
    await page.goto('./?backend=cpu');
    await scope.is('error');
    await expect(page.locator('#notice')).toContainText('SHA-256');
  });
}

test('a module that is no module is an error that says so', async ({ scope, page }) => {
  await page.route('**/www/pkg/glioscope_bg.wasm', (route) => route.fulfill({ contentType: 'application/wasm', body: '<p>not found' }));
  await page.goto('./?backend=cpu');
  await scope.is('error');
  await expect(page.locator('#notice')).toContainText('cannot compute here');
  await page.unroute('**/www/pkg/glioscope_bg.wasm');
  await page.click('#notice [data-act="retry"]');
  await scope.is('ready');
});

/** The policy itself is broken here, which the watch would not let pass. */
const unwatched = test.extend({ watch: async ({}, use) => use() });

unwatched('where wasm is forbidden the page says so', async ({ scope, page }) => {
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
  const said = JSON.parse(await page.locator('#diagnostics').inputValue());
  expect(said.failure).toMatch(reason);
  expect(said.tried).toEqual([expect.stringMatching(/^cpu: /)]);
  expect(said.browser.userAgent).toBe(await page.evaluate(() => navigator.userAgent));
});

test('a tab that is frozen for a while goes on where it was', async ({ scope, page }) => {
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

test('of drops in quick succession the last one stands, whole', async ({ scope, page }) => {
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
