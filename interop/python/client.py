"""A client made with the official Python SDK: takes every step that there is with a server, and says of each
`ok STEP`, `-- STEP: why it is not taken`, or `FAIL STEP: why`. Exits with 1 if a step failed.

    python client.py stdio REVISION PROGRAM
    python client.py http REVISION URL CUTTING_URL
"""

import asyncio
import os
import sys
import warnings

from mcp.shared.exceptions import MCPDeprecationWarning

from steps import STEPS, Absent, Run

# Longer than any step takes that goes well.
PATIENCE = 20


async def main(transport: str, revision: str, target: str, cutting_target: str | None = None) -> int:
    run = Run(transport, revision, target, cutting_target)
    failed = False
    for step in STEPS:
        name = step.__name__.rstrip("_")
        try:
            if name != "open" and run.client is None:
                raise RuntimeError("there is no connection")
            async with asyncio.timeout(PATIENCE):
                await step(run)
            print(f"ok {name}")
        except Absent as absent:
            print(f"-- {name}: {absent}")
        except Exception as error:
            failed = True
            why = " ".join(str(error).split()) or repr(error)
            print(f"FAIL {name}: {type(error).__name__}: {why}")
    return int(failed)


# Old revisions are what is to be tested.
warnings.simplefilter("ignore", MCPDeprecationWarning)
code = asyncio.run(main(*sys.argv[1:]))
sys.stdout.flush()
os._exit(code)
