// `@modelcontextprotocol/sdk`, the first generation of the SDK: the revisions with sessions.

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
    CreateMessageRequestSchema,
    ElicitRequestSchema,
    ListRootsRequestSchema,
    LoggingMessageNotificationSchema,
    PromptListChangedNotificationSchema,
    ResourceListChangedNotificationSchema,
    ResourceUpdatedNotificationSchema,
    ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';

import { answers, capabilities } from './steps.mjs';

/** The newest revision that the SDK speaks. */
export const NEWEST = '2025-11-25';

/** Connects in a revision, or without one in the newest that both speak. */
export async function open({ transport, revision }, target, heard) {
    const client = new Client({ name: 'typescript-1', version: '1.0.0' }, { capabilities });

    client.setRequestHandler(CreateMessageRequestSchema, () => answers.sampling);
    client.setRequestHandler(ElicitRequestSchema, () => answers.elicitation);
    client.setRequestHandler(ListRootsRequestSchema, () => answers.roots);
    client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void heard.logs.push(params));
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => void heard.updated.push(params.uri));
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => void heard.changed.add('tools'));
    client.setNotificationHandler(ResourceListChangedNotificationSchema, () => void heard.changed.add('resources'));
    client.setNotificationHandler(PromptListChangedNotificationSchema, () => void heard.changed.add('prompts'));

    const wire = transport === 'stdio'
        ? new StdioClientTransport({ command: target })
        : new StreamableHTTPClientTransport(new URL(target));
    await client.connect(pinned(wire, revision));
    return client;
}

/** This SDK always offers its newest revision; the wire makes it offer another. */
function pinned(wire, revision) {
    const send = wire.send.bind(wire);
    wire.send = (message, options) => {
        if (message.method !== 'initialize' || revision === undefined) return send(message, options);
        return send({ ...message, params: { ...message.params, protocolVersion: revision } }, options);
    };
    // What was agreed on, the client tells HTTP only.
    const hear = wire.setProtocolVersion?.bind(wire);
    wire.setProtocolVersion = version => {
        wire.negotiated = version;
        hear?.(version);
    };
    return wire;
}

export const negotiated = client => client.transport.negotiated;

export const call = (client, name, args, options) => client.callTool({ name, arguments: args }, undefined, options);

/** Calls a tool that logs, with the level that the client wants. */
export async function callLogging(client, name, level) {
    await client.setLoggingLevel(level);
    return call(client, name, {});
}

/** The whole list, page by page. */
export async function list(client, kind) {
    const lists = {
        tools: 'listTools',
        resources: 'listResources',
        resourceTemplates: 'listResourceTemplates',
        prompts: 'listPrompts',
    };
    const all = [];
    let cursor;
    do {
        const page = await client[lists[kind]]({ cursor });
        all.push(...page[kind]);
        cursor = page.nextCursor;
    } while (cursor !== undefined);
    return all;
}

export async function subscribe(client, _isModern, uri) {
    await client.subscribeResource({ uri });
    return { close: () => client.unsubscribeResource({ uri }) };
}
