"""FastMCP's proxy in its cheapest mode: without sessions, answers as JSON.

`fastmcp_proxy.py 127.0.0.1:9000 127.0.0.1:8000` stands at the second address in front of the first.
"""

import sys

from fastmcp.server import create_proxy

upstream, address = sys.argv[1:]
host, port = address.rsplit(":", 1)
proxy = create_proxy(f"http://{upstream}/mcp")
proxy.run(
    transport="http",
    host=host,
    port=int(port),
    path="/mcp",
    show_banner=False,
    log_level="error",
    stateless_http=True,
    json_response=True,
    # Between two rounds, others are measured.
    uvicorn_config={"timeout_keep_alive": 600},
)
