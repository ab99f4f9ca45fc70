// A server made with `@modelcontextprotocol/sdk`, the first generation of the SDK.

import { completable } from '@modelcontextprotocol/sdk/server/completable.js';
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {
    CreateMessageResultSchema,
    McpError,
    SubscribeRequestSchema,
    UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

import {
    answered, AUTHORS, beginningWith, cancelled, CHAT, contents, DAILY, die, greeting, INFO, INSTRUCTIONS, MARK,
    PICTURE, PNG, questions, said, sleep, state, TONES, wait,
} from './fixtures.mjs';
import { bodyOf, port, serveHttp, sessions } from './serve.mjs';

/** The servers of all sessions. */
const live = new Set();

function server() {
    const capabilities = { logging: {}, resources: { subscribe: true } };
    const server = new McpServer(INFO, { capabilities, instructions: INSTRUCTIONS });
    plain(server);
    telling(server);
    changing(server);
    asking(server);
    live.add(server);
    server.server.onclose = () => void live.delete(server);
    return server;
}

function plain(server) {
    server.registerTool(
        'add',
        {
            title: 'Add',
            description: 'Add two numbers.',
            inputSchema: { a: z.int(), b: z.int().default(1) },
            outputSchema: { sum: z.int() },
            annotations: { readOnlyHint: true, idempotentHint: true },
        },
        async ({ a, b }) => ({ ...said(JSON.stringify({ sum: a + b })), structuredContent: { sum: a + b } }),
    );
    server.registerTool(
        'double',
        { description: 'Double a number.', inputSchema: { n: z.int() }, outputSchema: { result: z.int() } },
        async ({ n }) => ({ ...said(String(2 * n)), structuredContent: { result: 2 * n } }),
    );
    server.registerTool('fail', { description: 'Fail.' }, async () => {
        throw new Error('it failed, as it was asked to');
    });
    server.registerTool('contents', { description: 'A block of each kind of content.' }, async () => contents);

    server.registerResource('daily', DAILY, { mimeType: 'text/plain' }, async () => ({
        contents: [{ uri: DAILY, mimeType: 'text/plain', text: 'bread, salt' }],
    }));
    server.registerResource('picture', PICTURE, { mimeType: 'image/png' }, async () => ({
        contents: [{ uri: PICTURE, mimeType: 'image/png', blob: PNG }],
    }));
    const complete = { author: value => beginningWith(AUTHORS, value) };
    const template = new ResourceTemplate('notes://by/{author}', { list: undefined, complete });
    server.registerResource('note', template, { mimeType: 'text/plain' }, async (uri, { author }) => {
        if (!AUTHORS.includes(author)) throw new McpError(-32002, `${author} has no note`);
        return { contents: [{ uri: uri.href, mimeType: 'text/plain', text: `a note of ${author}` }] };
    });

    const tone = completable(z.string().optional(), value => beginningWith(TONES, value ?? ''));
    server.registerPrompt('greet', { title: 'Greet', argsSchema: { name: z.string(), tone } }, greeting);
    server.registerPrompt('rules', {}, () => ({
        messages: [{ role: 'user', content: { type: 'text', text: 'Be excellent to each other.' } }],
    }));
}

function telling(server) {
    const progress = async (extra, params) => {
        const progressToken = extra._meta?.progressToken;
        if (progressToken === undefined) return;
        await extra.sendNotification({ method: 'notifications/progress', params: { progressToken, ...params } });
    };
    const warn = (extra, data) =>
        extra.sendNotification({ method: 'notifications/message', params: { level: 'warning', data } });

    server.registerTool('count', { inputSchema: { to: z.int() } }, async ({ to }, extra) => {
        for (let n = 1; n <= to; n += 1) {
            await progress(extra, { progress: n, total: to, message: 'counting' });
            await sleep(60);
        }
        return said(String(to));
    });
    server.registerTool('chat', {}, async extra => {
        for (const [level, data] of CHAT) {
            await server.sendLoggingMessage({ level, logger: 'chat', data }, extra.sessionId);
        }
        return said('');
    });
    server.registerTool('hang_up', {}, async extra => {
        extra.closeSSEStream?.();
        await sleep(150);
        return said('you came back');
    });
    server.registerTool('interrupted', {}, async extra => {
        await warn(extra, MARK);
        await sleep(150);
        await warn(extra, 'told while nobody was there');
        return said('resumed');
    });
    server.registerTool('wait', {}, async extra => {
        await progress(extra, { progress: 1, message: 'waiting' });
        await wait(extra.signal);
        return said('');
    });
    server.registerTool('die', {}, async () => die());
    server.registerTool('cancelled', {}, async () => said(await cancelled()));
}

function changing(server) {
    server.followed = new Set();
    server.server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
        server.followed.add(params.uri);
        return {};
    });
    server.server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
        server.followed.delete(params.uri);
        return {};
    });
    server.registerTool('touch', {}, async () => {
        for (const one of live) {
            if (one.followed.has(DAILY)) await one.server.sendResourceUpdated({ uri: DAILY });
        }
        return said('');
    });

    server.shy = [
        server.registerTool('shy', {}, async () => said('here I am')),
        server.registerResource('shy', 'notes://shy', {}, async uri => ({
            contents: [{ uri: uri.href, text: 'here I am' }],
        })),
        server.registerPrompt('shy', {}, () => ({ messages: [] })),
    ];
    const show = one => one.shy.forEach(shy => shy.update({ enabled: state.shown }));
    server.registerTool('change', {}, async () => {
        state.shown = !state.shown;
        live.forEach(show);
        return said('');
    });
    show(server);
}

function asking(server) {
    // One question goes with the call, the others with the session.
    server.registerTool('ask_model', {}, async extra => {
        const question = { method: 'sampling/createMessage', params: questions.ask_model };
        return said(answered.ask_model(await extra.sendRequest(question, CreateMessageResultSchema)));
    });
    server.registerTool('ask_user', {}, async () =>
        said(answered.ask_user(await server.server.elicitInput(questions.ask_user))));
    server.registerTool('ask_roots', {}, async () => said(answered.ask_roots(await server.server.listRoots())));
}

if (port === undefined) {
    await server().connect(new StdioServerTransport());
} else {
    const handle = sessions(async options => {
        const transport = new StreamableHTTPServerTransport(options);
        await server().connect(transport);
        return transport;
    });
    serveHttp(async (req, res) => handle(req, res, await bodyOf(req)));
}
