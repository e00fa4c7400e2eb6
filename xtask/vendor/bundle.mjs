/**
 * Writes `www/vendor`: NiiVue as one module, and the licences of the packages in it.
 *
 * NiiVue's two images stay in the module as `data:` addresses. As files they would be requested when the first volume is
 * shown, after the visitor has opened files.
 */
import { build } from 'esbuild';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '../../www/vendor');

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: ['niivue.js'],
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  legalComments: 'none',
  metafile: true,
  outfile: join(out, 'niivue.js'),
});

/** The folders of the packages with code in the bundle. */
const folders = new Set(
  Object.entries(metafile.outputs)
    .flatMap(([, { inputs }]) => Object.entries(inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+\//.exec(path)?.[0])
    .filter((folder) => folder !== undefined),
);
const texts = [...folders].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(join(here, folder, 'package.json'), 'utf8'));
  const file = readdirSync(join(here, folder)).find((entry) => /^licen[cs]e/i.test(entry));
  // Some packages lack a licence file; `licences` has the one of their repository.
  const path = file ? join(here, folder, file) : join(here, 'licences', `${name.split('/').at(-1)}.txt`);
  return `${name} ${version} (${license})\n\n${readFileSync(path, 'utf8').trim()}\n`;
});
writeFileSync(join(out, 'LICENSE.txt'), texts.join(`\n${'-'.repeat(80)}\n\n`));
const [{ bytes }] = Object.values(metafile.outputs);
console.log(`${folders.size} packages, ${bytes} bytes in ${out}`);
