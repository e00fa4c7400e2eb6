/** A static server for the benchmark: several folders under one origin, cross-origin isolated so that threads work. */
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

/** @type {Record<string, string>} */
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/**
 * @param {Record<string, string>} folders by the first segment of the path
 * @param {Record<string, Uint8Array>} made generated files, by path
 * @returns {Promise<{url: string, close: () => void}>}
 */
export async function serve(folders, made) {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    const [first, ...rest] = path.slice(1).split('/');
    const headers = {
      'Cache-Control': 'no-store',
      'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream',
      'Cross-Origin-Embedder-Policy': 'require-corp',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
    };
    if (path in made) {
      response.writeHead(200, { ...headers, 'Content-Length': made[path].length }).end(made[path]);
      return;
    }
    const file = first in folders ? join(folders[first], normalize(`/${rest.join('/')}`)) : '';
    const stats = file ? statSync(file, { throwIfNoEntry: false }) : undefined;
    if (!stats?.isFile()) {
      response.writeHead(404, headers).end();
      return;
    }
    response.writeHead(200, { ...headers, 'Content-Length': stats.size });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
  const address = server.address();
  if (!address || typeof address === 'string') throw new Error('the server has no port');
  return { url: `http://localhost:${address.port}/`, close: () => server.close() };
}
