"""What both servers of this folder offer, and need to offer it. The same as `interop/server/src/fixtures`, but for
what only our own server knows to tell."""

import asyncio
import os
import signal
import sys
from dataclasses import dataclass, field
from typing import Any

import mcp_types as types
import uvicorn
from mcp.server.streamable_http import EventCallback, EventMessage, EventStore
from pydantic import BaseModel

INFO = {"name": "interop", "version": "1.2.3", "instructions": "Everything that a client can ask for, once"}
MODERN = "2026-07-28"
DAILY = "notes://daily"
AUTHORS = ["ada", "alan", "grace"]
TONES = ["friendly", "formal", "short"]
LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]

# The word at which the proxy breaks the connection.
MARK = "cut the wire"
# What a client must bring back unread.
ASKED = "asked once"
# One pixel.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
# A WAVE file that says nothing.
WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA="
CHAT = [("debug", "a detail"), ("info", "an event"), ("warning", "a doubt")]


class Sum(BaseModel):
    sum: int


class Name(BaseModel):
    name: str


@dataclass
class State:
    """What outlives a session."""

    cancelled: int = 0
    shown: bool = False
    level: str = "debug"
    followed: set[str] = field(default_factory=set)


STATE = State()


def text(words: str) -> types.TextContent:
    return types.TextContent(type="text", text=words)


def contents() -> list[types.ContentBlock]:
    """A block of each kind of content."""
    embedded = types.TextResourceContents(uri=DAILY, mime_type="text/plain", text="embedded")
    return [
        text("text"),
        types.ImageContent(type="image", data=PNG, mime_type="image/png"),
        types.AudioContent(type="audio", data=WAV, mime_type="audio/wav"),
        types.EmbeddedResource(type="resource", resource=embedded),
        types.ResourceLink(type="resource_link", uri=DAILY, name="daily"),
    ]


def completion(ref: object, argument: types.CompletionArgument) -> types.Completion:
    known = TONES if isinstance(ref, types.PromptReference) else AUTHORS
    return types.Completion(values=[value for value in known if value.startswith(argument.value)])


async def wait() -> None:
    """Ends when the call is cancelled, which is counted."""
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        STATE.cancelled += 1
        raise


async def cancelled() -> str:
    """How many calls of `wait` have been cancelled; waits a little for the first."""
    for _ in range(500):
        if STATE.cancelled:
            break
        await asyncio.sleep(0.01)
    return str(STATE.cancelled)


QUESTIONS: dict[str, types.InputRequest] = {
    "ask_model": types.CreateMessageRequest(
        params=types.CreateMessageRequestParams(
            messages=[types.SamplingMessage(role="user", content=text("What is the capital of France?"))],
            max_tokens=100,
        )
    ),
    "ask_user": types.ElicitRequest(
        params=types.ElicitRequestFormParams(message="Who are you?", requested_schema=Name.model_json_schema())
    ),
    "ask_roots": types.ListRootsRequest(),
}

RESULTS: dict[str, type[BaseModel]] = {
    "ask_model": types.CreateMessageResult,
    "ask_user": types.ElicitResult,
    "ask_roots": types.ListRootsResult,
}


def answered(name: str, answer: Any) -> str:
    """What the tools that ask say of the answers."""
    match name:
        case "ask_model":
            return f"{answer.model} says {answer.content.text}"
        case "ask_user":
            return f"{answer.action}: {(answer.content or {}).get('name', '')}"
        case _:
            return ", ".join(str(root.uri) for root in answer.roots)


async def ask(name: str, ctx: Any) -> str | types.InputRequiredResult:
    """Asks while the call runs where there are sessions, and in the reply where there are none."""
    if ctx.request_context.protocol_version < MODERN:
        return answered(name, await ctx.session.send_request(QUESTIONS[name], RESULTS[name]))
    if not ctx.input_responses:
        return types.InputRequiredResult(input_requests={"question": QUESTIONS[name]}, request_state=ASKED)
    assert ctx.request_state == ASKED, "the state did not come back"
    return answered(name, ctx.input_responses["question"])


def die() -> None:
    """Ends like a server that is killed while it works."""
    os.kill(os.getpid(), signal.SIGKILL)


class Events(EventStore):
    """Everything that was sent, for whoever comes back."""

    def __init__(self) -> None:
        self.all: list[tuple[str, Any]] = []

    async def store_event(self, stream_id: str, message: Any) -> str:
        self.all.append((stream_id, message))
        return str(len(self.all))

    async def replay_events_after(self, last_event_id: str, send_callback: EventCallback) -> str | None:
        last = int(last_event_id)
        stream = self.all[last - 1][0]
        for number, (of, message) in enumerate(self.all[last:], last + 1):
            if of == stream and message is not None:
                await send_callback(EventMessage(message, str(number)))
        return stream


async def serve_http(app: Any, port: int) -> None:
    """Serves until standard input ends; says where once that is so."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))

    async def announce() -> None:
        while not server.started:
            await asyncio.sleep(0.01)
        print(f"http://127.0.0.1:{port}/mcp", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        os._exit(0)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve())
        tasks.create_task(announce())
