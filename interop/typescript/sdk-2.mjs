// `@modelcontextprotocol/client`, the second generation of the SDK: every revision.

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

import { answers, capabilities } from './steps.mjs';

/** The newest revision that the SDK speaks. */
export const NEWEST = '2026-07-28';

const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';

/** Connects in a revision, or without one in the newest that both speak. */
export async function open({ transport, revision }, target, heard) {
    let options = { versionNegotiation: { mode: 'auto' } };
    if (revision >= NEWEST) options = { versionNegotiation: { mode: { pin: revision } } };
    else if (revision !== undefined) options = { supportedProtocolVersions: [revision] };
    const client = new Client({ name: 'typescript-2', version: '1.0.0' }, { capabilities, ...options });

    client.setRequestHandler('sampling/createMessage', () => answers.sampling);
    client.setRequestHandler('elicitation/create', () => answers.elicitation);
    client.setRequestHandler('roots/list', () => answers.roots);
    client.setNotificationHandler('notifications/message', ({ params }) => void heard.logs.push(params));
    client.setNotificationHandler('notifications/resources/updated', ({ params }) => void heard.updated.push(params.uri));
    for (const kind of ['tools', 'resources', 'prompts']) {
        client.setNotificationHandler(`notifications/${kind}/list_changed`, () => void heard.changed.add(kind));
    }

    const wire = transport === 'stdio'
        ? new StdioClientTransport({ command: target })
        : new StreamableHTTPClientTransport(new URL(target));
    await client.connect(wire);
    return client;
}

export const negotiated = client => client.getNegotiatedProtocolVersion();

export const call = (client, name, args, options) => client.callTool({ name, arguments: args }, options);

/** Calls a tool that logs, with the level that the client wants; without one, it wants nothing. */
export async function callLogging(client, name, level) {
    if (client.getProtocolEra() === 'legacy') {
        await client.setLoggingLevel(level);
        return client.callTool({ name });
    }
    return client.callTool({ name, ...(level && { _meta: { [LOG_LEVEL]: level } }) });
}

/** The whole list; the SDK asks for the pages. */
export async function list(client, kind) {
    const lists = {
        tools: 'listTools',
        resources: 'listResources',
        resourceTemplates: 'listResourceTemplates',
        prompts: 'listPrompts',
    };
    return (await client[lists[kind]]())[kind];
}

export async function subscribe(client, isModern, uri) {
    if (isModern) return client.listen({ resourceSubscriptions: [uri] });
    await client.subscribeResource({ uri });
    return { close: () => client.unsubscribeResource({ uri }) };
}

export const followLists = client =>
    client.listen({ toolsListChanged: true, resourcesListChanged: true, promptsListChanged: true });
