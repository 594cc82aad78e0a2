"""Access control: the server answers its own page and programs that are not browsers."""

import ipaddress
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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

    Browsers send where a request comes from (Origin, Sec-Fetch-Site) and which host it is meant for (Host).
    """

    def __init__(self, app: ASGIApp, host: str, port: int):
        self._app, self._port = app, port
        self._names = {host.lower(), "localhost", "127.0.0.1", "::1"}
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
            return f"open this page as http://127.0.0.1:{self._port}/"
        if any(origin != f"http://{host[0]}" for origin in headers.get("origin", [])):
            return OWN_PAGE_ONLY
        # A link on another site may open the page; every other request from another site is refused.
        opens = scope["type"] == "http" and scope["path"] == "/" and headers.get("sec-fetch-mode") == ["navigate"]
        if any(site not in ("same-origin", "none") for site in headers.get("sec-fetch-site", [])) and not opens:
            return OWN_PAGE_ONLY
        return None

    def _is_own_host(self, host: str) -> bool:
        try:
            parts = urlsplit(f"//{host}")
            name, port = parts.hostname or "", parts.port or 80
        except ValueError:
            return False
        return port == self._port and (name in self._names or (self._any_address and _is_address(name)))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)
