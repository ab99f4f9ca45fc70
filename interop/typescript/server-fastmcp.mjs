// A server made with FastMCP for TypeScript.

import { FastMCP } from 'fastmcp';
import { z } from 'zod';

import {
    answered, AUTHORS, beginningWith, cancelled, CHAT, contents, DAILY, die, greeting, INFO, INSTRUCTIONS, MARK,
    PICTURE, PNG, questions, said, sleep, state, TONES, wait,
} from './fixtures.mjs';
import { announce, Events, port } from './serve.mjs';

const silent = { debug() {}, error: console.error, info() {}, log() {}, warn: console.error };
const server = new FastMCP({ ...INFO, instructions: INSTRUCTIONS, logger: silent });

/** The session that a tool is called in. */
const sessionOf = context =>
    server.sessions.find(session => port === undefined || session.sessionId === context.sessionId);

server.addTools([
    {
        name: 'add',
        description: 'Add two numbers.',
        parameters: z.object({ a: z.int(), b: z.int().default(1) }),
        outputSchema: z.object({ sum: z.int() }),
        annotations: { title: 'Add', readOnlyHint: true, idempotentHint: true },
        execute: async ({ a, b }) => ({ sum: a + b }),
    },
    {
        name: 'double',
        description: 'Double a number.',
        parameters: z.object({ n: z.int() }),
        outputSchema: z.object({ result: z.int() }),
        execute: async ({ n }) => ({ ...said(String(2 * n)), structuredContent: { result: 2 * n } }),
    },
    {
        name: 'fail',
        execute: async () => {
            throw new Error('it failed, as it was asked to');
        },
    },
    { name: 'contents', execute: async () => contents },
    {
        name: 'count',
        parameters: z.object({ to: z.int() }),
        execute: async ({ to }, { reportProgress }) => {
            for (let n = 1; n <= to; n += 1) {
                await reportProgress({ progress: n, total: to, message: 'counting' });
                await sleep(60);
            }
            return String(to);
        },
    },
    {
        name: 'chat',
        execute: async (_, { log }) => {
            const by = { debug: log.debug, info: log.info, warning: log.warn };
            for (const [level, words] of CHAT) by[level](words);
            return '';
        },
    },
    {
        name: 'interrupted',
        execute: async (_, { reportProgress }) => {
            // What is logged does not go with the call; progress does.
            await reportProgress({ progress: 1, message: MARK });
            await sleep(150);
            await reportProgress({ progress: 2, message: 'told while nobody was there' });
            return 'resumed';
        },
    },
    {
        name: 'wait',
        execute: async (_, { reportProgress, signal }) => {
            await reportProgress({ progress: 1, message: 'waiting' });
            await wait(signal);
        },
    },
    { name: 'die', execute: async () => die() },
    { name: 'cancelled', execute: cancelled },
    {
        name: 'touch',
        execute: async () => {
            await server.sendResourceUpdated(DAILY);
        },
    },
    {
        name: 'change',
        execute: async () => {
            state.shown = !state.shown;
            const what = ['Tool', 'Resource', 'Prompt'];
            if (state.shown) what.forEach(kind => server[`add${kind}`](shy[kind]));
            else [['Tool', 'shy'], ['Resource', 'shy'], ['Prompt', 'shy']].forEach(([kind, name]) => server[`remove${kind}`](name));
        },
    },
    {
        name: 'ask_model',
        execute: async (_, context) =>
            answered.ask_model(await sessionOf(context).requestSampling(questions.ask_model)),
    },
    { name: 'ask_user', execute: async (_, { elicit }) => answered.ask_user(await elicit(questions.ask_user)) },
    {
        name: 'ask_roots',
        // The framework has asked when the session began, and keeps the answer.
        execute: async (_, context) => answered.ask_roots({ roots: sessionOf(context).roots }),
    },
]);

server.addResource({ uri: DAILY, name: 'daily', mimeType: 'text/plain', load: async () => ({ text: 'bread, salt' }) });
server.addResource({ uri: PICTURE, name: 'picture', mimeType: 'image/png', load: async () => ({ blob: PNG }) });
server.addResourceTemplate({
    uriTemplate: 'notes://by/{author}',
    name: 'note',
    mimeType: 'text/plain',
    arguments: [
        { name: 'author', required: true, complete: async value => ({ values: beginningWith(AUTHORS, value) }) },
    ],
    load: async ({ author }) => {
        if (!AUTHORS.includes(author)) throw new Error(`${author} has no note`);
        return { text: `a note of ${author}` };
    },
});

server.addPrompt({
    name: 'greet',
    arguments: [
        { name: 'name', required: true },
        { name: 'tone', complete: async value => ({ values: beginningWith(TONES, value) }) },
    ],
    load: async args => greeting(args),
});
server.addPrompt({ name: 'rules', load: async () => 'Be excellent to each other.' });

/** What comes and goes. */
const shy = {
    Tool: { name: 'shy', execute: async () => 'here I am' },
    Resource: { uri: 'notes://shy', name: 'shy', load: async () => ({ text: 'here I am' }) },
    Prompt: { name: 'shy', load: async () => 'here I am' },
};

if (port === undefined) {
    await server.start({ transportType: 'stdio' });
} else {
    const httpStream = { port, host: '127.0.0.1', endpoint: '/mcp', eventStore: new Events() };
    await server.start({ transportType: 'httpStream', httpStream });
    announce();
}
