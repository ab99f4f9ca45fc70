"""The steps, in order. Each raises where something is not as it should be, and `Absent` where revision,
transport or SDK do not have it.
"""

import asyncio
import base64
import json
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import anyio
import mcp.client.session
import mcp_types as types
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.shared.exceptions import MCPError

MODERN = "2026-07-28"
DAILY = "notes://daily"
TOOLS = [
    "add", "ask_model", "ask_roots", "ask_user", "cancelled", "change", "chat", "contents", "count", "die",
    "double", "fail", "hang_up", "interrupted", "touch", "wait", "wire",
]  # fmt: skip


class Absent(Exception):
    """There is no such step here; the message says why."""


@dataclass
class Heard:
    """What a client hears unasked, kept until a step looks."""

    logs: list[types.LoggingMessageNotificationParams] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)

    async def log(self, params: types.LoggingMessageNotificationParams) -> None:
        self.logs.append(params)

    async def message(self, message: object) -> None:
        match message:
            case types.ResourceUpdatedNotification():
                self.updated.append(str(message.params.uri))
            case types.ToolListChangedNotification():
                self.changed.add("tools")
            case types.ResourceListChangedNotification():
                self.changed.add("resources")
            case types.PromptListChangedNotification():
                self.changed.add("prompts")


@dataclass
class Run:
    transport: str
    revision: str
    target: str
    cutting_target: str | None
    client: Client | None = None
    heard: Heard = field(default_factory=Heard)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def is_modern(self) -> bool:
        return self.revision >= MODERN

    def connection(self, target: str, heard: Heard) -> Client:
        # The SDK always offers its newest revision with a handshake; there is no option for another.
        if not self.is_modern:
            mcp.client.session.LATEST_HANDSHAKE_VERSION = self.revision
        # What the SDK calls "auto" asks which revisions the server speaks.
        return Client(
            StdioServerParameters(command=target) if self.transport == "stdio" else target,
            mode="auto" if self.is_modern else "legacy",
            sampling_callback=say,
            elicitation_callback=fill_in,
            list_roots_callback=roots_,
            logging_callback=heard.log,
            message_handler=heard.message,
        )


async def say(context: object, params: types.CreateMessageRequestParams) -> types.CreateMessageResult:
    content = types.TextContent(type="text", text="Paris")
    return types.CreateMessageResult(role="assistant", content=content, model="a model", stop_reason="endTurn")


async def fill_in(context: object, params: types.ElicitRequestParams) -> types.ElicitResult:
    return types.ElicitResult(action="accept", content={"name": "Ada"})


async def roots_(context: object) -> types.ListRootsResult:
    return types.ListRootsResult(roots=[types.Root(uri="file:///tmp/one"), types.Root(uri="file:///tmp/two")])


def same(actual: object, expected: object) -> None:
    assert actual == expected, f"{actual!r} is not {expected!r}"


def text(result: types.CallToolResult) -> str:
    return result.content[0].text


async def until(what: str, condition) -> None:
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"never came: {what}")


async def until_silent(run: Run) -> None:
    # The end of a subscription may reach the server after calls that were made later.
    for _ in range(10):
        run.heard.updated.clear()
        await run.client.call_tool("touch", {})
        await run.client.call_tool("count", {"to": 2})
        if not run.heard.updated:
            return
    raise AssertionError("told after the subscription ended")


async def wire(run: Run) -> dict[str, int]:
    """What has happened on the wire behind the cutting proxy."""
    return json.loads(text(await run.client.call_tool("wire", {})))


async def refusal(work) -> MCPError:
    try:
        await work
    except MCPError as error:
        return error
    raise AssertionError("it should have been refused")


async def pages(ask, field: str) -> list:
    """The whole list, page by page."""
    items, cursor = [], None
    while True:
        page = await ask(cursor=cursor)
        items += getattr(page, field)
        cursor = page.next_cursor
        if cursor is None:
            return items


async def open_(run: Run) -> None:
    client = await run.stack.enter_async_context(run.connection(run.target, run.heard))
    same(client.protocol_version, run.revision)
    same((client.server_info.name, client.server_info.version), ("interop", "1.2.3"))
    assert client.instructions.startswith("Everything")
    run.client = client


async def negotiate(run: Run) -> None:
    if not run.is_modern:
        raise Absent("only with the newest revision of the SDK")
    # For this SDK, asking which revisions there are is the way to the newest; the other is to assume it.
    client = run.connection(run.target, Heard())
    client.mode = run.revision
    async with client:
        same(client.protocol_version, run.revision)
        same(text(await client.call_tool("double", {"n": 1})), "2")


async def tools(run: Run) -> None:
    tools = await pages(run.client.list_tools, "tools")
    same(sorted(tool.name for tool in tools), TOOLS)
    add = next(tool for tool in tools if tool.name == "add")
    same(add.description, "Add two numbers.")
    same(list(add.input_schema["properties"]), ["a", "b"])
    read_only = add.annotations.read_only_hint if add.annotations else None
    same(read_only, True if run.revision >= "2025-03-26" else None)


async def resources(run: Run) -> None:
    resources = await pages(run.client.list_resources, "resources")
    same(sorted(str(resource.uri) for resource in resources), [DAILY, "notes://picture"])


async def templates(run: Run) -> None:
    templates = await pages(run.client.list_resource_templates, "resource_templates")
    same([template.uri_template for template in templates], ["notes://by/{author}"])


async def prompts(run: Run) -> None:
    prompts = await pages(run.client.list_prompts, "prompts")
    same(sorted(prompt.name for prompt in prompts), ["greet", "rules"])
    greet = next(prompt for prompt in prompts if prompt.name == "greet")
    same([argument.required or False for argument in greet.arguments], [True, False])


async def call(run: Run) -> None:
    total = await run.client.call_tool("add", {"a": 41})
    same(json.loads(text(total)), {"sum": 42})
    twice = await run.client.call_tool("double", {"n": 21})
    same(text(twice), "42")
    if run.revision >= "2025-06-18":
        same(total.structured_content, {"sum": 42})
        same(twice.structured_content, {"result": 42})

    contents = await run.client.call_tool("contents", {})
    audio = "audio" if run.revision >= "2025-03-26" else "text"
    link = "resource_link" if run.revision >= "2025-06-18" else "text"
    same([block.type for block in contents.content], ["text", "image", audio, "resource", link])


async def refusals(run: Run) -> None:
    failed = await run.client.call_tool("fail", {})
    same(failed.is_error, True)
    assert "as it was asked to" in text(failed)
    wrong = await run.client.call_tool("add", {"a": "many"})
    same(wrong.is_error, True)
    unknown = await refusal(run.client.call_tool("no_such_tool", {}))
    same(unknown.code, types.INVALID_PARAMS)
    missing = await refusal(run.client.read_resource("notes://by/nobody"))
    same(missing.code, types.INVALID_PARAMS if run.is_modern else -32002)


async def read(run: Run) -> None:
    [daily] = (await run.client.read_resource(DAILY)).contents
    same((daily.text, daily.mime_type), ("bread, salt", "text/plain"))
    [picture] = (await run.client.read_resource("notes://picture")).contents
    same(base64.b64decode(picture.blob)[1:4], b"PNG")
    [note] = (await run.client.read_resource("notes://by/ada")).contents
    same(note.text, "a note of ada")


async def prompt(run: Run) -> None:
    prompt = await run.client.get_prompt("greet", {"name": "Ada", "tone": "formal"})
    said = [(message.role, message.content.text) for message in prompt.messages]
    same(said, [("user", "Greet Ada, formal."), ("assistant", "Hello Ada!")])


async def complete(run: Run) -> None:
    greet = types.PromptReference(type="ref/prompt", name="greet")
    tones = await run.client.complete(greet, {"name": "tone", "value": "f"})
    same(tones.completion.values, ["friendly", "formal"])
    note = types.ResourceTemplateReference(type="ref/resource", uri="notes://by/{author}")
    authors = await run.client.complete(note, {"name": "author", "value": "a"})
    same(authors.completion.values[:2], ["ada", "alan"])


async def progress(run: Run) -> None:
    reports = []

    async def report(progress: float, total: float | None, message: str | None) -> None:
        reports.append((progress, total, message))

    await run.client.call_tool("count", {"to": 3}, progress_callback=report)
    message = "counting" if run.revision >= "2025-03-26" else None
    same(reports, [(1, 3, message), (2, 3, message), (3, 3, message)])


async def log(run: Run) -> None:
    async def levels(level: types.LoggingLevel | None) -> list[str]:
        run.heard.logs.clear()
        meta = None
        if run.is_modern:
            meta = {types.LOG_LEVEL_META_KEY: level} if level else None
        else:
            await run.client.set_logging_level(level)
        await run.client.call_tool("chat", {}, meta=meta)
        return [f"{log.level} {log.logger} {log.data}" for log in run.heard.logs]

    everything = ["debug chat a detail", "info chat an event", "warning chat a doubt"]
    same(await levels("warning"), everything[2:])
    same(await levels("debug"), everything)
    if run.is_modern:
        same(await levels(None), [])


async def cancel(run: Run) -> None:
    with anyio.CancelScope() as scope:

        async def report(progress: float, total: float | None, message: str | None) -> None:
            scope.cancel()

        await run.client.call_tool("wait", {}, progress_callback=report)
    assert scope.cancelled_caught, "the call was answered"
    same(text(await run.client.call_tool("cancelled", {})), "1")


async def subscribe(run: Run) -> None:
    if run.is_modern:
        async with run.client.listen(resource_subscriptions=[DAILY]) as subscription:
            await run.client.call_tool("touch", {})
            event = await anext(subscription)
            same(event.uri, DAILY)
    else:
        await run.client.subscribe_resource(DAILY)
        await run.client.call_tool("touch", {})
        await until("notifications/resources/updated", lambda: DAILY in run.heard.updated)
        await run.client.unsubscribe_resource(DAILY)
    await until_silent(run)


async def changed(run: Run) -> None:
    async with AsyncExitStack() as stack:
        if run.is_modern:
            listening = run.client.listen(
                tools_list_changed=True, resources_list_changed=True, prompts_list_changed=True
            )
            await stack.enter_async_context(listening)
        await run.client.call_tool("change", {})
        await until("list_changed of all lists", lambda: len(run.heard.changed) == 3)
        for ask, kind in ((run.client.list_tools, "tools"), (run.client.list_prompts, "prompts")):
            items = await pages(ask, kind)
            assert any(item.name == "shy" for item in items), f"{kind} are listed as before"
        await run.client.call_tool("change", {})


async def hang_up(run: Run) -> None:
    if run.transport == "stdio" or run.is_modern:
        same(text(await run.client.call_tool("hang_up", {})), "you came back")
        return
    async with run.connection(run.cutting_target, Heard()) as client:
        same(text(await client.call_tool("hang_up", {})), "you came back")
    # In older revisions, and where nothing can be resumed, both stay on the line.
    same((await wire(run))["resumptions"], 1 if run.revision >= "2025-11-25" else 0)


async def resume(run: Run) -> None:
    if run.transport != "http":
        raise Absent("only HTTP can be resumed")
    if run.is_modern:
        raise Absent("the revision has no resumption")
    before, heard = await wire(run), Heard()
    async with run.connection(run.cutting_target, heard) as client:
        same(text(await client.call_tool("interrupted", {})), "resumed")
    same([log.data for log in heard.logs], ["cut the wire", "told while nobody was there"])
    same(await wire(run), {what: count + 1 for what, count in before.items()})


async def sampling(run: Run) -> None:
    same(text(await run.client.call_tool("ask_model", {})), "a model says Paris")


async def elicitation(run: Run) -> None:
    if run.revision < "2025-06-18":
        raise Absent("the revision has no elicitation")
    same(text(await run.client.call_tool("ask_user", {})), "accept: Ada")


async def roots(run: Run) -> None:
    same(text(await run.client.call_tool("ask_roots", {})), "file:///tmp/one, file:///tmp/two")


async def ping(run: Run) -> None:
    if run.is_modern:
        raise Absent("the revision has no ping")
    await run.client.send_ping()


async def close(run: Run) -> None:
    begun = time.monotonic()
    await run.stack.aclose()
    took = time.monotonic() - begun
    # The SDK kills a server that has not ended by itself after two seconds.
    assert took < 1.5, f"it took {took:.1f} s"


STEPS = [
    open_, negotiate, tools, resources, templates, prompts, call, refusals, read, prompt, complete, progress, log, cancel,
    subscribe, changed, hang_up, resume, sampling, elicitation, roots, ping, close,
]  # fmt: skip
