/**
 * Writes `www/vendor`: NiiVue as one module, its two pictures as files beside it, and the licences of all that is inside.
 *
 * The pictures come as `data:` addresses, which the page's policy does not allow; a file of the page's own origin is.
 */
import { build } from 'esbuild';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '../../www/vendor');

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const result = await build({
  absWorkingDir: here,
  entryPoints: ['niivue.js'],
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  legalComments: 'none',
  metafile: true,
  write: false,
  outfile: join(out, 'niivue.js'),
});

let pictures = 0;
const code = result.outputFiles[0].text.replace(/"data:image\/(png|jpeg);base64,([^"]+)"/g, (_, kind, base64) => {
  const name = `niivue-${++pictures}.${kind === 'png' ? 'png' : 'jpg'}`;
  writeFileSync(join(out, name), Buffer.from(base64, 'base64'));
  return `new URL(${JSON.stringify(name)},import.meta.url).href`;
});
if (/data:image\//.test(code)) throw new Error('the bundle still holds a data: picture');
writeFileSync(join(out, 'niivue.js'), code);

/** The folders of the packages that something of went into the bundle. */
const folders = new Set(
  Object.entries(result.metafile.outputs)
    .flatMap(([, { inputs }]) => Object.entries(inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+\//.exec(path)?.[0])
    .filter((folder) => folder !== undefined),
);
const texts = [...folders].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(join(here, folder, 'package.json'), 'utf8'));
  const file = readdirSync(join(here, folder)).find((entry) => /^licen[cs]e/i.test(entry));
  // A package that forgot its licence has it here, as its repository states it.
  const path = file ? join(here, folder, file) : join(here, 'licences', `${name.split('/').at(-1)}.txt`);
  return `${name} ${version} (${license})\n\n${readFileSync(path, 'utf8').trim()}\n`;
});
writeFileSync(join(out, 'LICENSE.txt'), texts.join(`\n${'-'.repeat(80)}\n\n`));
console.log(`${folders.size} packages, ${code.length} bytes, ${pictures} pictures in ${out}`);
