// The server of `server-2.mjs` behind `oidc-provider`, a certified authorization server: whoever calls it needs a
// token for it, and a better one for the tool `change`. The user agrees to everything, unless they are hinted to be
// `nobody`. Tokens are good for two seconds.

import { createServer } from 'node:http';

import { toWebRequest } from '@modelcontextprotocol/node';
import { OAuthError, requireBearerAuth } from '@modelcontextprotocol/server';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { Provider } from 'oidc-provider';

import { guardWith, port } from './serve.mjs';

const SCOPES = ['mcp', 'mcp:change'];
const GOOD_FOR = 2;

const beside = createServer();
await new Promise(resolve => beside.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${beside.address().port}`;
const resource = `http://127.0.0.1:${port}/mcp`;

const provider = new Provider(issuer, {
    // Those of the resource are not among them: a client that registers for one of these is refused.
    scopes: ['openid', 'offline_access'],
    pkce: { required: () => true },
    ttl: { AccessToken: GOOD_FOR, Grant: 600, Interaction: 600, Session: 600, RefreshToken: 600 },
    rotateRefreshToken: true,
    issueRefreshToken: async (_, client) => client.grantTypeAllowed('refresh_token'),
    findAccount: async (_, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    features: {
        devInteractions: { enabled: false },
        registration: { enabled: true },
        resourceIndicators: {
            enabled: true,
            useGrantedResource: async () => true,
            getResourceServerInfo: async (_, indicator) => {
                if (indicator !== resource) throw new Error(`${indicator} is not here`);
                const scope = SCOPES.join(' ');
                return { scope, audience: resource, accessTokenFormat: 'jwt', accessTokenTTL: GOOD_FOR };
            },
        },
    },
});
provider.on('server_error', (_, error) => console.error(error));
for (const event of ['authorization.error', 'grant.error', 'registration_create.error']) {
    provider.on(event, (_, error) => console.error(event, error.message, error.error_description));
}

const answer = provider.callback();
beside.on('request', (req, res) => {
    if (req.url.startsWith('/interaction/')) void agree(req, res).catch(error => res.destroy(error));
    else answer(req, res);
});

/** What the user says: who they are, and yes. */
async function agree(req, res) {
    const { params, prompt, session } = await provider.interactionDetails(req, res);
    if (params.login_hint === 'nobody') {
        const result = { error: 'access_denied', error_description: 'the user said no' };
        return provider.interactionFinished(req, res, result);
    }
    if (prompt.name === 'login') return provider.interactionFinished(req, res, { login: { accountId: 'ada' } });
    const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    grant.addOIDCScope(`openid offline_access ${params.scope}`);
    grant.addResourceScope(resource, params.scope);
    return provider.interactionFinished(req, res, { consent: { grantId: await grant.save() } });
}

const metadata = `http://127.0.0.1:${port}/.well-known/oauth-protected-resource/mcp`;
const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
const verifier = {
    async verifyAccessToken(token) {
        try {
            const { payload } = await jwtVerify(token, keys, { issuer, audience: resource });
            const scopes = payload.scope.split(' ');
            return { token, clientId: payload.client_id, scopes, expiresAt: payload.exp };
        } catch (error) {
            throw new OAuthError('invalid_token', error.message);
        }
    },
};
const need = requiredScopes => requireBearerAuth({ verifier, requiredScopes, resourceMetadataUrl: metadata });
const [plain, change] = [need(['mcp']), need(SCOPES)];

guardWith(async (req, res) => {
    if (req.url === '/.well-known/oauth-protected-resource/mcp') {
        const words = { resource, authorization_servers: [issuer], scopes_supported: SCOPES };
        res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(words));
        return true;
    }
    // What a tool needs is asked before the body is read, by what the path of the test says.
    const check = req.headers['mcp-name'] === 'change' ? change : plain;
    const verdict = await check(await toWebRequest(req, null));
    if (!(verdict instanceof Response)) return false;
    res.writeHead(verdict.status, Object.fromEntries(verdict.headers)).end(await verdict.text());
    return true;
});

await import('./server-2.mjs');
