// A server made with `@modelcontextprotocol/server`, the second generation of the SDK.

import { NodeStreamableHTTPServerTransport, toNodeHandler, toWebRequest } from '@modelcontextprotocol/node';
import {
    completable, createMcpHandler, inputRequired, isLegacyRequest, McpServer, ProtocolError, ResourceTemplate,
} from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

import {
    answered, AUTHORS, beginningWith, cancelled, CHAT, contents, DAILY, die, greeting, INFO, INSTRUCTIONS, MARK,
    PICTURE, PNG, questions, said, sleep, state, TONES, wait,
} from './fixtures.mjs';
import { bodyOf, port, serveHttp, sessions } from './serve.mjs';

/** The servers of all sessions, and of the requests that have none. */
const live = new Set();

/** What tells changes to clients without a session, over HTTP. */
let notifier;

function server({ era }) {
    const capabilities = {
        logging: {},
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
    };
    const server = new McpServer(INFO, { capabilities, instructions: INSTRUCTIONS });
    plain(server);
    telling(server);
    changing(server);
    asking(server, era);
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
            inputSchema: z.object({ a: z.int(), b: z.int().default(1) }),
            outputSchema: z.object({ sum: z.int() }),
            annotations: { readOnlyHint: true, idempotentHint: true },
        },
        async ({ a, b }) => ({ ...said(JSON.stringify({ sum: a + b })), structuredContent: { sum: a + b } }),
    );
    server.registerTool(
        'double',
        {
            description: 'Double a number.',
            inputSchema: z.object({ n: z.int() }),
            outputSchema: z.object({ result: z.int() }),
        },
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
        if (!AUTHORS.includes(author)) throw new ProtocolError(-32602, `${author} has no note`);
        return { contents: [{ uri: uri.href, mimeType: 'text/plain', text: `a note of ${author}` }] };
    });

    const tone = completable(z.string(), value => beginningWith(TONES, value)).optional();
    const argsSchema = z.object({ name: z.string(), tone });
    server.registerPrompt('greet', { title: 'Greet', argsSchema }, greeting);
    server.registerPrompt('rules', {}, () => ({
        messages: [{ role: 'user', content: { type: 'text', text: 'Be excellent to each other.' } }],
    }));
}

function telling(server) {
    const progress = async (ctx, params) => {
        const progressToken = ctx.mcpReq._meta?.progressToken;
        if (progressToken === undefined) return;
        await ctx.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, ...params } });
    };
    const warn = (ctx, data) =>
        ctx.mcpReq.notify({ method: 'notifications/message', params: { level: 'warning', data } });

    server.registerTool('count', { inputSchema: z.object({ to: z.int() }) }, async ({ to }, ctx) => {
        for (let n = 1; n <= to; n += 1) {
            await progress(ctx, { progress: n, total: to, message: 'counting' });
            await sleep(60);
        }
        return said(String(to));
    });
    server.registerTool('chat', {}, async ctx => {
        for (const [level, data] of CHAT) await ctx.mcpReq.log(level, data, 'chat');
        return said('');
    });
    server.registerTool('hang_up', {}, async ctx => {
        ctx.http?.closeSSE?.();
        await sleep(150);
        return said('you came back');
    });
    server.registerTool('interrupted', {}, async ctx => {
        await warn(ctx, MARK);
        await sleep(150);
        await warn(ctx, 'told while nobody was there');
        return said('resumed');
    });
    server.registerTool('wait', {}, async ctx => {
        await progress(ctx, { progress: 1, message: 'waiting' });
        await wait(ctx.mcpReq.signal);
        return said('');
    });
    server.registerTool('die', {}, async () => die());
    server.registerTool('cancelled', {}, async () => said(await cancelled()));
}

function changing(server) {
    server.followed = new Set();
    server.server.setRequestHandler('resources/subscribe', ({ params }) => {
        server.followed.add(params.uri);
        return {};
    });
    server.server.setRequestHandler('resources/unsubscribe', ({ params }) => {
        server.followed.delete(params.uri);
        return {};
    });
    server.registerTool('touch', {}, async ctx => {
        notifier?.resourceUpdated(DAILY);
        for (const one of live) {
            const listens = ctx.mcpReq.envelope !== undefined && notifier === undefined;
            if (listens || one.followed.has(DAILY)) await one.server.sendResourceUpdated({ uri: DAILY });
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
        notifier?.toolsChanged();
        notifier?.resourcesChanged();
        notifier?.promptsChanged();
        return said('');
    });
    show(server);
}

function asking(server, era) {
    const question = {
        ask_model: inputRequired.createMessage(questions.ask_model),
        ask_user: inputRequired.elicit(questions.ask_user),
        ask_roots: inputRequired.listRoots(),
    };
    const ask = {
        ask_model: ctx => ctx.mcpReq.requestSampling(questions.ask_model),
        ask_user: ctx => ctx.mcpReq.elicitInput(questions.ask_user),
        ask_roots: () => server.server.listRoots(),
    };
    for (const name of Object.keys(question)) {
        server.registerTool(name, {}, async ctx => {
            if (era === 'legacy') return said(answered[name](await ask[name](ctx)));
            const answer = ctx.mcpReq.inputResponses?.question;
            if (answer === undefined) {
                return inputRequired({ inputRequests: { question: question[name] }, requestState: 'asked once' });
            }
            if (ctx.mcpReq.requestState() !== 'asked once') throw new Error('the state did not come back');
            return said(answered[name](answer));
        });
    }
}

if (port === undefined) {
    serveStdio(server);
} else {
    const modern = createMcpHandler(server, { legacy: 'reject' });
    notifier = modern.notify;
    const handleModern = toNodeHandler(modern);
    const handleLegacy = sessions(async options => {
        const transport = new NodeStreamableHTTPServerTransport(options);
        await server({ era: 'legacy' }).connect(transport);
        return transport;
    });
    serveHttp(async (req, res) => {
        const body = await bodyOf(req);
        const isLegacy = await isLegacyRequest(await toWebRequest(req, body), body);
        await (isLegacy ? handleLegacy : handleModern)(req, res, body);
    });
}
