"""A server made with FastMCP for Python, over stdio or with `--http PORT` over Streamable HTTP."""

import asyncio
import base64
import sys
from typing import Any

import mcp_types as types
from fastmcp import Context, FastMCP
from fastmcp.exceptions import NotFoundError, ToolError
from fastmcp.prompts import Message
from fastmcp.resources import ResourceContent, ResourceResult

from fixtures import (
    AUTHORS, CHAT, DAILY, INFO, MARK, MODERN, PNG, STATE, Events, Sum, ask, cancelled, completion, contents,
    die, serve_http, wait,
)  # fmt: skip

# Pages are small, so that a client must ask for more than one.
server = FastMCP(**INFO, list_page_size=5)


@server.tool(title="Add", annotations={"readOnlyHint": True, "idempotentHint": True})
def add(a: int, b: int = 1) -> Sum:
    """Add two numbers."""
    return Sum(sum=a + b)


@server.tool
def double(n: int) -> int:
    """Double a number."""
    return 2 * n


@server.tool
def fail() -> None:
    raise ToolError("it failed, as it was asked to")


@server.tool("contents", output_schema=None)
def contents_() -> list[Any]:
    return contents()


@server.tool
async def count(to: int, ctx: Context) -> str:
    for n in range(1, to + 1):
        await ctx.report_progress(n, to, "counting")
        await asyncio.sleep(0.06)
    return str(to)


@server.tool
async def chat(ctx: Context) -> str:
    for level, words in CHAT:
        await ctx.log(words, level=level, logger_name="chat")
    return ""


@server.tool
async def hang_up(ctx: Context) -> str:
    await ctx.close_sse_stream()
    await asyncio.sleep(0.15)
    return "you came back"


@server.tool
async def interrupted(ctx: Context) -> str:
    await ctx.log(MARK, level="warning")
    await asyncio.sleep(0.15)
    await ctx.log("told while nobody was there", level="warning")
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


def shy() -> str:
    return "here I am"


@server.tool
async def change(ctx: Context) -> str:
    STATE.shown = not STATE.shown
    if STATE.shown:
        server.tool(shy)
        server.prompt(shy)
        server.resource("notes://shy")(shy)
    else:
        server.local_provider.remove_tool("shy")
        server.local_provider.remove_prompt("shy")
        server.local_provider.remove_resource("notes://shy")
    await ctx.send_notification(types.ToolListChangedNotification())
    await ctx.send_notification(types.PromptListChangedNotification())
    await ctx.send_notification(types.ResourceListChangedNotification())
    return ""


for name in ("ask_model", "ask_user", "ask_roots"):

    def asking(name: str = name) -> None:
        @server.tool(name, output_schema=None)
        async def tool(ctx: Context) -> str | types.InputRequiredResult:
            return await ask(name, ctx)

    asking()


@server.resource(DAILY, mime_type="text/plain")
def daily() -> str:
    return "bread, salt"


@server.resource("notes://picture", mime_type="image/png")
def picture() -> ResourceResult:
    return ResourceResult([ResourceContent(base64.b64decode(PNG), mime_type="image/png")])


@server.resource("notes://by/{author}", mime_type="text/plain")
def note(author: str) -> str:
    if author not in AUTHORS:
        raise NotFoundError(f"{author} has no note")
    return f"a note of {author}"


@server.prompt(title="Greet")
def greet(name: str, tone: str | None = None) -> list[Message]:
    return [Message(f"Greet {name}, {tone or 'plain'}."), Message(f"Hello {name}!", role="assistant")]


@server.prompt
def rules() -> str:
    return "Be excellent to each other."


@server.completion
def complete(ref: object, argument: types.CompletionArgument, context: object) -> types.Completion:
    return completion(ref, argument)


if sys.argv[1:2] == ["--http"]:
    app = server.http_app(event_store=Events(), retry_interval=50)
    asyncio.run(serve_http(app, int(sys.argv[2])))
else:
    server.run(show_banner=False)
