// The steps, in order. Each throws where something is not as it should be, and `Absent` where revision,
// transport or SDK do not have it.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

/** There is no such step here; the message says why. */
export class Absent extends Error {}

const MODERN = '2026-07-28';
const TOOLS = [
    'add', 'ask_model', 'ask_roots', 'ask_user', 'cancelled', 'change', 'chat', 'contents', 'count', 'die',
    'double', 'fail', 'hang_up', 'interrupted', 'touch', 'wait', 'wire',
];

const isModern = run => run.revision >= MODERN;
const names = list => list.map(item => item.name).sort();
const textOf = result => result.content[0].text;

/** What a client hears unasked, kept until a step looks. */
export class Heard {
    logs = [];
    updated = [];
    changed = new Set();
}

async function until(what, condition) {
    for (let waited = 0; !condition(); waited += 10) {
        assert(waited < 5_000, `never came: ${what}`);
        await sleep(10);
    }
}

/** The end of a subscription may reach the server after calls that were made later. */
async function untilSilent(run) {
    for (let attempt = 0; attempt < 10; attempt += 1) {
        run.heard.updated.length = 0;
        await run.sdk.call(run.client, 'touch', {});
        await run.sdk.call(run.client, 'count', { to: 2 });
        if (run.heard.updated.length === 0) return;
    }
    assert.fail('told after the subscription ended');
}

/** What has happened on the wire behind the cutting proxy. */
const wire = async run => JSON.parse(textOf(await run.sdk.call(run.client, 'wire', {})));

/** How the server answers a call in a session, without the SDK. */
async function statusOf(url, session) {
    const response = await fetch(url, {
        method: 'POST',
        headers: {
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream',
            'mcp-session-id': session,
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 'after', method: 'ping' }),
    });
    await response.body?.cancel();
    return response.status;
}

/** The error with which a promise fails. */
async function refusal(promise) {
    const error = await promise.then(() => undefined, error => error);
    assert(error !== undefined, 'it should have been refused');
    return error;
}

export const steps = {
    async open(run) {
        run.heard = new Heard();
        const client = await run.sdk.open(run, run.target, run.heard);
        assert.equal(run.sdk.negotiated(client), run.revision);
        assert.equal(client.getServerVersion()?.name, 'interop');
        assert.equal(client.getServerVersion()?.version, '1.2.3');
        assert.match(client.getInstructions() ?? '', /^Everything/);
        run.client = client;
    },

    async negotiate(run) {
        if (run.revision !== run.sdk.NEWEST) throw new Absent('only with the newest revision of the SDK');
        const client = await run.sdk.open({ ...run, revision: undefined }, run.target, new Heard());
        assert.equal(run.sdk.negotiated(client), run.sdk.NEWEST);
        await client.close();
    },

    async tools(run) {
        const tools = await run.sdk.list(run.client, 'tools');
        assert.deepEqual(names(tools), TOOLS);
        const add = tools.find(tool => tool.name === 'add');
        assert.equal(add.description, 'Add two numbers.');
        assert.deepEqual(Object.keys(add.inputSchema.properties), ['a', 'b']);
        assert.equal(add.annotations?.readOnlyHint, run.revision >= '2025-03-26' ? true : undefined);
    },

    async resources(run) {
        const resources = await run.sdk.list(run.client, 'resources');
        assert.deepEqual(resources.map(resource => resource.uri).sort(), ['notes://daily', 'notes://picture']);
    },

    async templates(run) {
        const templates = await run.sdk.list(run.client, 'resourceTemplates');
        assert.deepEqual(templates.map(template => template.uriTemplate), ['notes://by/{author}']);
    },

    async prompts(run) {
        const prompts = await run.sdk.list(run.client, 'prompts');
        assert.deepEqual(names(prompts), ['greet', 'rules']);
        const greet = prompts.find(prompt => prompt.name === 'greet');
        assert.deepEqual(greet.arguments.map(argument => argument.required ?? false), [true, false]);
    },

    async call(run) {
        const sum = await run.sdk.call(run.client, 'add', { a: 41 });
        assert.equal(JSON.parse(textOf(sum)).sum, 42);
        if (run.revision >= '2025-06-18') assert.deepEqual(sum.structuredContent, { sum: 42 });
        const twice = await run.sdk.call(run.client, 'double', { n: 21 });
        assert.equal(textOf(twice), '42');
        if (run.revision >= '2025-06-18') assert.deepEqual(twice.structuredContent, { result: 42 });

        const { content } = await run.sdk.call(run.client, 'contents', {});
        const audio = run.revision >= '2025-03-26' ? 'audio' : 'text';
        const link = run.revision >= '2025-06-18' ? 'resource_link' : 'text';
        assert.deepEqual(content.map(block => block.type), ['text', 'image', audio, 'resource', link]);
    },

    async refusals(run) {
        const failed = await run.sdk.call(run.client, 'fail', {});
        assert.equal(failed.isError, true);
        assert.match(textOf(failed), /as it was asked to/);
        const wrong = await run.sdk.call(run.client, 'add', { a: 'many' });
        assert.equal(wrong.isError, true);
        const unknown = await refusal(run.sdk.call(run.client, 'no_such_tool', {}));
        assert.equal(unknown.code, -32602);
        const missing = await refusal(run.client.readResource({ uri: 'notes://by/nobody' }));
        assert.equal(missing.code, isModern(run) ? -32602 : -32002);
    },

    async read(run) {
        const [daily] = (await run.client.readResource({ uri: 'notes://daily' })).contents;
        assert.equal(daily.text, 'bread, salt');
        assert.equal(daily.mimeType, 'text/plain');
        const [picture] = (await run.client.readResource({ uri: 'notes://picture' })).contents;
        assert.equal(Buffer.from(picture.blob, 'base64').subarray(1, 4).toString(), 'PNG');
        const [note] = (await run.client.readResource({ uri: 'notes://by/ada' })).contents;
        assert.equal(note.text, 'a note of ada');
    },

    async prompt(run) {
        const prompt = await run.client.getPrompt({ name: 'greet', arguments: { name: 'Ada', tone: 'formal' } });
        const said = prompt.messages.map(message => [message.role, message.content.text]);
        assert.deepEqual(said, [['user', 'Greet Ada, formal.'], ['assistant', 'Hello Ada!']]);
    },

    async complete(run) {
        const complete = async (ref, name, value) => {
            const { completion } = await run.client.complete({ ref, argument: { name, value } });
            return completion.values;
        };
        const tones = await complete({ type: 'ref/prompt', name: 'greet' }, 'tone', 'f');
        assert.deepEqual(tones, ['friendly', 'formal']);
        const authors = await complete({ type: 'ref/resource', uri: 'notes://by/{author}' }, 'author', 'a');
        assert.deepEqual(authors.slice(0, 2), ['ada', 'alan']);
    },

    async progress(run) {
        const reports = [];
        const onprogress = report => reports.push(report);
        await run.sdk.call(run.client, 'count', { to: 3 }, { onprogress });
        assert.deepEqual(reports.map(({ progress, total }) => [progress, total]), [[1, 3], [2, 3], [3, 3]]);
        const message = run.revision >= '2025-03-26' ? 'counting' : undefined;
        assert.equal(reports[0].message, message);
    },

    async log(run) {
        const levels = async level => {
            run.heard.logs.length = 0;
            await run.sdk.callLogging(run.client, 'chat', level);
            return run.heard.logs.map(log => `${log.level} ${log.logger} ${log.data}`);
        };
        const all = ['debug chat a detail', 'info chat an event', 'warning chat a doubt'];
        assert.deepEqual(await levels('warning'), all.slice(2));
        assert.deepEqual(await levels('debug'), all);
        if (isModern(run)) assert.deepEqual(await levels(undefined), []);
    },

    async cancel(run) {
        const cancelling = new AbortController();
        const onprogress = () => cancelling.abort();
        await refusal(run.sdk.call(run.client, 'wait', {}, { signal: cancelling.signal, onprogress }));
        const count = await run.sdk.call(run.client, 'cancelled', {});
        assert.equal(textOf(count), '1');
    },

    async subscribe(run) {
        const uri = 'notes://daily';
        const subscription = await run.sdk.subscribe(run.client, isModern(run), uri);
        await run.sdk.call(run.client, 'touch', {});
        await until('notifications/resources/updated', () => run.heard.updated.includes(uri));
        await subscription.close();
        await untilSilent(run);
    },

    async changed(run) {
        const subscription = isModern(run) ? await run.sdk.followLists(run.client) : undefined;
        await run.sdk.call(run.client, 'change', {});
        await until('list_changed of all lists', () => run.heard.changed.size === 3);
        for (const kind of ['tools', 'prompts']) {
            const list = await run.sdk.list(run.client, kind);
            assert(names(list).includes('shy'), `${kind} are listed as before`);
        }
        await run.sdk.call(run.client, 'change', {});
        await subscription?.close();
    },

    async hang_up(run) {
        const legacyHttp = run.transport === 'http' && !isModern(run);
        const client = legacyHttp ? await run.sdk.open(run, run.cuttingTarget, new Heard()) : run.client;
        const result = await run.sdk.call(client, 'hang_up', {});
        assert.equal(textOf(result), 'you came back');
        if (!legacyHttp) return;
        // In older revisions, and where nothing can be resumed, both stay on the line.
        const { resumptions } = await wire(run);
        assert.equal(resumptions, run.revision >= '2025-11-25' ? 1 : 0, 'resumptions');
        await client.close();
    },

    async resume(run) {
        if (run.transport !== 'http') throw new Absent('only HTTP can be resumed');
        if (isModern(run)) throw new Absent('the revision has no resumption');
        const before = await wire(run);
        const heard = new Heard();
        const client = await run.sdk.open(run, run.cuttingTarget, heard);
        const result = await run.sdk.call(client, 'interrupted', {});
        assert.equal(textOf(result), 'resumed');
        assert.deepEqual(heard.logs.map(log => log.data), ['cut the wire', 'told while nobody was there']);
        const after = await wire(run);
        assert.equal(after.cuts, before.cuts + 1, 'cuts');
        assert.equal(after.resumptions, before.resumptions + 1, 'resumptions');
        await client.close();
    },

    async sampling(run) {
        const result = await run.sdk.call(run.client, 'ask_model', {});
        assert.equal(textOf(result), 'a model says Paris');
    },

    async elicitation(run) {
        if (run.revision < '2025-06-18') throw new Absent('the revision has no elicitation');
        const result = await run.sdk.call(run.client, 'ask_user', {});
        assert.equal(textOf(result), 'accept: Ada');
    },

    async roots(run) {
        const result = await run.sdk.call(run.client, 'ask_roots', {});
        assert.equal(textOf(result), 'file:///tmp/one, file:///tmp/two');
    },

    async ping(run) {
        if (isModern(run)) throw new Absent('the revision has no ping');
        await run.client.ping();
    },

    async close(run) {
        const begun = performance.now();
        const session = run.client.transport.sessionId;
        if (run.transport === 'http') await run.client.transport.terminateSession();
        await run.client.close();
        const took = performance.now() - begun;
        if (run.transport === 'http') assert.equal(session !== undefined, !isModern(run), 'a session');
        if (session !== undefined) assert.equal(await statusOf(run.target, session), 404);
        // The SDK kills a server that has not ended by itself after two seconds.
        assert(took < 1_500, `it took ${Math.round(took)} ms`);
    },
};

/** What the client answers to the server's questions. */
export const answers = {
    sampling: { model: 'a model', role: 'assistant', content: { type: 'text', text: 'Paris' }, stopReason: 'endTurn' },
    elicitation: { action: 'accept', content: { name: 'Ada' } },
    roots: { roots: [{ uri: 'file:///tmp/one' }, { uri: 'file:///tmp/two' }] },
};
export const capabilities = { sampling: {}, elicitation: {}, roots: { listChanged: false } };
