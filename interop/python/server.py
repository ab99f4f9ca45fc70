"""A server made with the official Python SDK, over stdio or with `--http PORT` over Streamable HTTP."""

import asyncio
import base64
import sys

import mcp_types as types
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.prompts import base
from mcp.shared.exceptions import MCPError

from fixtures import (
    AUTHORS, CHAT, DAILY, INFO, LEVELS, MARK, MODERN, PNG, STATE, Events, Sum, ask, cancelled, completion, contents,
    die, serve_http, wait,
)  # fmt: skip

server = MCPServer(**INFO)


@server.tool(title="Add", annotations=types.ToolAnnotations(read_only_hint=True, idempotent_hint=True))
def add(a: int, b: int = 1) -> Sum:
    """Add two numbers."""
    return Sum(sum=a + b)


@server.tool()
def double(n: int) -> int:
    """Double a number."""
    return 2 * n


@server.tool()
def fail() -> None:
    raise ToolError("it failed, as it was asked to")


@server.tool("contents", structured_output=False)
def contents_() -> list[types.ContentBlock]:
    return contents()


@server.tool()
async def count(to: int, ctx: Context) -> str:
    for n in range(1, to + 1):
        await ctx.report_progress(n, to, "counting")
        await asyncio.sleep(0.06)
    return str(to)


@server.tool()
async def chat(ctx: Context) -> str:
    # The SDK knows which levels a request of the newest revision asks for, and none that a session has set.
    least = 0 if ctx.protocol_version == MODERN else LEVELS.index(STATE.level)
    for level, words in CHAT:
        if LEVELS.index(level) >= least:
            await ctx.log(level, words, logger_name="chat")
    return ""


@server.tool()
async def hang_up(ctx: Context) -> str:
    await ctx.close_sse_stream()
    await asyncio.sleep(0.15)
    return "you came back"


@server.tool()
async def interrupted(ctx: Context) -> str:
    await ctx.log("warning", MARK)
    await asyncio.sleep(0.15)
    await ctx.log("warning", "told while nobody was there")
    return "resumed"


@server.tool("wait")
async def wait_(ctx: Context) -> None:
    await ctx.report_progress(1, None, "waiting")
    await wait()


@server.tool("die")
def die_() -> None:
    die()


@server.tool("cancelled")
async def cancelled_() -> str:
    return await cancelled()


@server.tool()
async def touch(ctx: Context) -> str:
    await ctx.notify_resource_updated(DAILY)
    if DAILY in STATE.followed:
        await ctx.session.send_resource_updated(DAILY)
    return ""


def shy() -> str:
    return "here I am"


@server.tool()
async def change(ctx: Context) -> str:
    STATE.shown = not STATE.shown
    if STATE.shown:
        server.add_tool(shy)
        server.add_prompt(base.Prompt.from_function(shy))
    else:
        server.remove_tool("shy")
        server.remove_prompt("shy")
    await ctx.notify_tools_changed()
    await ctx.notify_prompts_changed()
    await ctx.notify_resources_changed()
    if ctx.protocol_version != MODERN:
        await ctx.session.send_tool_list_changed()
        await ctx.session.send_prompt_list_changed()
        await ctx.session.send_resource_list_changed()
    return ""


for name in ("ask_model", "ask_user", "ask_roots"):

    def asking(name: str = name) -> None:
        @server.tool(name, structured_output=False)
        async def tool(ctx: Context) -> str | types.InputRequiredResult:
            return await ask(name, ctx)

    asking()


@server.resource(DAILY, mime_type="text/plain")
def daily() -> str:
    return "bread, salt"


@server.resource("notes://picture", mime_type="image/png")
def picture() -> bytes:
    return base64.b64decode(PNG)


@server.resource("notes://by/{author}", mime_type="text/plain")
def note(author: str, ctx: Context) -> str:
    if author not in AUTHORS:
        code = types.INVALID_PARAMS if ctx.protocol_version == MODERN else -32002
        raise MCPError(code=code, message=f"{author} has no note")
    return f"a note of {author}"


@server.prompt(title="Greet")
def greet(name: str, tone: str | None = None) -> list[base.Message]:
    return [base.UserMessage(f"Greet {name}, {tone or 'plain'}."), base.AssistantMessage(f"Hello {name}!")]


@server.prompt()
def rules() -> str:
    return "Be excellent to each other."


@server.completion()
async def complete(ref: object, argument: types.CompletionArgument, context: object) -> types.Completion:
    return completion(ref, argument)


async def subscribe(ctx: object, params: types.SubscribeRequestParams) -> types.EmptyResult:
    STATE.followed.add(str(params.uri))
    return types.EmptyResult()


async def unsubscribe(ctx: object, params: types.UnsubscribeRequestParams) -> types.EmptyResult:
    STATE.followed.discard(str(params.uri))
    return types.EmptyResult()


async def set_level(ctx: object, params: types.SetLevelRequestParams) -> types.EmptyResult:
    STATE.level = params.level
    return types.EmptyResult()


# What the server of the SDK has no words for, the one beneath it has.
beneath = server._lowlevel_server
beneath.add_request_handler("resources/subscribe", types.SubscribeRequestParams, subscribe)
beneath.add_request_handler("resources/unsubscribe", types.UnsubscribeRequestParams, unsubscribe)
beneath.add_request_handler("logging/setLevel", types.SetLevelRequestParams, set_level)

if sys.argv[1:2] == ["--http"]:
    app = server.streamable_http_app(event_store=Events(), retry_interval=50)
    asyncio.run(serve_http(app, int(sys.argv[2])))
else:
    server.run()
