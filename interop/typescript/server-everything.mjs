// `@modelcontextprotocol/server-everything` over HTTP, or over HTTP+SSE, as the other servers of this folder are
// served: `--http PORT` after the name of the transport.

import { connect } from 'node:net';

import { sleep } from './fixtures.mjs';

const [transport, , port] = process.argv.slice(2);
const path = transport === 'sse' ? '/sse' : '/mcp';

process.env.PORT = port;
process.argv[2] = transport === 'sse' ? 'sse' : 'streamableHttp';
console.log = console.error;
await import('@modelcontextprotocol/server-everything/dist/index.js');

while (!(await isThere())) await sleep(20);
process.stdout.write(`http://127.0.0.1:${port}${path}\n`);
process.stdin.resume().on('end', () => process.exit(0));

function isThere() {
    return new Promise(resolve => {
        const socket = connect(port, '127.0.0.1', () => resolve(socket.destroy() !== undefined));
        socket.on('error', () => resolve(false));
    });
}
