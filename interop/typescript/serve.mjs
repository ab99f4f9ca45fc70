// How the servers of this folder are served: over stdio, or with `--http PORT` over Streamable HTTP, until
// standard input ends.

import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

export const port = process.argv[2] === '--http' ? Number(process.argv[3]) : undefined;

/** Says where the server is, and ends with whoever started it. */
export function announce() {
    console.log(`http://127.0.0.1:${port}/mcp`);
    process.stdin.resume().on('end', () => process.exit(0));
}

/** Whoever looks at requests first, and may answer them. */
let guard = async () => false;
export const guardWith = other => void (guard = other);

export function serveHttp(handle) {
    const server = createServer(async (req, res) => {
        try {
            if (await guard(req, res)) return;
            if (new URL(req.url, 'http://localhost').pathname === '/mcp') await handle(req, res);
            else res.writeHead(404).end();
        } catch (error) {
            console.error(error);
            res.destroy();
        }
    });
    server.listen(port, '127.0.0.1', announce);
}

export async function bodyOf(req) {
    if (req.method !== 'POST') return undefined;
    const chunks = [];
    for await (const chunk of req) chunks.push(chunk);
    try {
        return JSON.parse(Buffer.concat(chunks).toString());
    } catch {
        return null;
    }
}

/** Sessions by their ids; `open` makes the transport of a new one, given its options. */
export function sessions(open) {
    const all = new Map();
    return async (req, res, body) => {
        const id = req.headers['mcp-session-id'];
        let transport = all.get(id);
        if (id !== undefined && transport === undefined) {
            const error = { code: -32001, message: 'Session not found' };
            res.writeHead(404, { 'content-type': 'application/json' });
            res.end(JSON.stringify({ jsonrpc: '2.0', id: null, error }));
            return;
        }
        transport ??= await open({
            sessionIdGenerator: randomUUID,
            eventStore: new Events(),
            retryInterval: 50,
            onsessioninitialized: id => void all.set(id, transport),
            onsessionclosed: id => void all.delete(id),
        });
        await transport.handleRequest(req, res, body);
    };
}

/** Everything that was sent, for whoever comes back. */
export class Events {
    #all = [];

    async storeEvent(stream, message) {
        this.#all.push({ stream, message });
        return String(this.#all.length);
    }

    async getStreamIdForEventId(last) {
        return this.#all[last - 1]?.stream;
    }

    async replayEventsAfter(last, { send }) {
        const stream = this.#all[last - 1]?.stream;
        for (let id = Number(last) + 1; id <= this.#all.length; id += 1) {
            const event = this.#all[id - 1];
            if (event.stream === stream && event.message.jsonrpc) await send(String(id), event.message);
        }
        return stream;
    }
}
