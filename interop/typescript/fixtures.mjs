// What every server of this folder offers, and what all of them need to offer it. The same as
// `interop/server/src/fixtures`, but for what only our own server knows to tell.

import { setTimeout as sleep } from 'node:timers/promises';

export { sleep };

export const INFO = { name: 'interop', version: '1.2.3' };
export const INSTRUCTIONS = 'Everything that a client can ask for, once';

export const DAILY = 'notes://daily';
export const PICTURE = 'notes://picture';
export const AUTHORS = ['ada', 'alan', 'grace'];
export const TONES = ['friendly', 'formal', 'short'];

/** The word at which the proxy breaks the connection. */
export const MARK = 'cut the wire';

/** One pixel. */
export const PNG =
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
/** A WAVE file that says nothing. */
export const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=';

export const text = words => ({ type: 'text', text: words });
export const said = words => ({ content: [text(words)] });
export const beginningWith = (words, prefix) => words.filter(word => word.startsWith(prefix));

/** A block of each kind of content. */
export const contents = {
    content: [
        text('text'),
        { type: 'image', data: PNG, mimeType: 'image/png' },
        { type: 'audio', data: WAV, mimeType: 'audio/wav' },
        { type: 'resource', resource: { uri: DAILY, mimeType: 'text/plain', text: 'embedded' } },
        { type: 'resource_link', uri: DAILY, name: 'daily' },
    ],
};

/** What the prompt `greet` says. */
export const greeting = ({ name, tone }) => ({
    messages: [
        { role: 'user', content: text(`Greet ${name}, ${tone ?? 'plain'}.`) },
        { role: 'assistant', content: text(`Hello ${name}!`) },
    ],
});

/** The three messages of `chat`. */
export const CHAT = [['debug', 'a detail'], ['info', 'an event'], ['warning', 'a doubt']];

/** What the tools that ask say of the answers. */
export const answered = {
    ask_model: ({ model, content }) => `${model} says ${[content].flat()[0].text}`,
    ask_user: ({ action, content }) => `${action}: ${content?.name ?? ''}`,
    ask_roots: ({ roots }) => roots.map(root => root.uri).join(', '),
};

/** The questions of the tools that ask. */
export const questions = {
    ask_model: { messages: [{ role: 'user', content: text('What is the capital of France?') }], maxTokens: 100 },
    ask_user: {
        message: 'Who are you?',
        requestedSchema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
    },
};

/** What outlives a session: how many calls of `wait` were cancelled, whether what is shy is shown. */
export const state = { cancelled: 0, shown: false };

/** Ends when the call is cancelled, which is counted. */
export async function wait(signal) {
    await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }));
    state.cancelled += 1;
}

/** How many calls of `wait` have been cancelled; waits a little for the first. */
export async function cancelled() {
    for (let waited = 0; state.cancelled === 0 && waited < 5_000; waited += 10) await sleep(10);
    return String(state.cancelled);
}

/** Ends like a server that is killed while it works. */
export function die() {
    process.kill(process.pid, 'SIGKILL');
    return new Promise(() => {});
}
