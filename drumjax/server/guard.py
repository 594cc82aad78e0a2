"""Access control: the server answers its own page and programs that are not browsers."""

import contextlib
import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from drumjax.server.checks import excerpt

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}

OWN_PAGE_ONLY = "only the page of this drumjax server may send it requests"


class Guard:
    """Refuses requests from other sites' pages, and requests under a host name that was rebound to this address.

    Browsers send where a request comes from (Origin, Sec-Fetch-Site) and which host it is meant for (Host). This
    machine's own names are accepted with any port, since tunnels and containers change it; so are `names`, with https
    too.

    Args:
        app: what is guarded.
        host: the address that the server listens on.
        port: its port.
        names: further names that it is reached under.
    """

    def __init__(self, app: ASGIApp, host: str, port: int, names: Collection[str] = ()):
        self._app, self._host, self._port = app, host.lower(), port
        self._names = {name.lower() for name in names}
        # A numeric address cannot be rebound; a server for the whole network is reached under several.
        self._any_address = not _is_loopback(host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self.refusal(scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                extra = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message.get("headers", []), *extra]
            await send(message)

        if refusal is None:
            with contextlib.suppress(ClientDisconnect):  # it left before it had sent the whole of its request
                await self._app(scope, receive, send_with_headers)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await PlainTextResponse(f"{refusal}\n", 403)(scope, receive, send_with_headers)

    def refusal(self, scope: Scope) -> str | None:
        """The reason why a request is refused; None where it is accepted."""
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1").lower())
        host = headers.get("host", [])
        if len(host) != 1 or not self._is_own_host(host[0]):
            hint = "or start the server with --allow-host NAME for another name"
            return f"open this page as http://127.0.0.1:{self._port}/, {hint}; got {excerpt(', '.join(host))}"
        if any(origin != f"http://{host[0]}" and not self._is_named(origin) for origin in headers.get("origin", [])):
            return OWN_PAGE_ONLY
        # A link on another site may open the page; every other request from another site is refused.
        opens = scope["type"] == "http" and scope["path"] == "/" and headers.get("sec-fetch-mode") == ["navigate"]
        if any(site not in ("same-origin", "none") for site in headers.get("sec-fetch-site", [])) and not opens:
            return OWN_PAGE_ONLY
        return None

    def _is_own_host(self, host: str) -> bool:
        name, port = _name_and_port(f"//{host}")
        if port is None or not name:
            return False
        if name in self._names or _is_loopback(name):
            return True
        return port == self._port and (name == self._host or (self._any_address and _is_address(name)))

    def _is_named(self, origin: str) -> bool:
        """Whether an origin is a page under one of the further names, which a tunnel may serve over https."""
        name, port = _name_and_port(origin)
        return port is not None and name in self._names and origin.startswith(("http://", "https://"))


def _name_and_port(url: str) -> tuple[str, int | None]:
    """The host name and the port in a URL; port None: it is no URL."""
    try:
        parts = urlsplit(url)
        return parts.hostname or "", parts.port or 80
    except ValueError:
        return "", None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)
