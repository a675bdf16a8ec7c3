"""A host on this machine that knows one file and misbehaves on demand.

Each request takes the next of `faults`; when there are none left, the host is as good as its
fields say. What it was asked (headers, by lower-case name) and the bytes of bodies that it sent
are kept. Nothing sleeps: a fault that waits does so until the client has gone or the host closes.
"""

from __future__ import annotations

import contextlib
import hashlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Host:
    """The file, how well it is served, and what happened."""

    content: bytes = b""
    marks: dict[str, str] = field(default_factory=lambda: {"ETag": '"one"'})
    type: str = "application/octet-stream"
    ranges: bool = True  # whether it can send a part
    faults: list[Fault] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)  # bytes of each body, also of those cut short
    closing: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


class Answer(BaseHTTPRequestHandler):
    """One request. Faults call `head` and `body`, in whatever wrong way they like."""

    protocol_version = "HTTP/1.1"
    host: Host

    def do_GET(self) -> None:
        self.host.asked.append({name.lower(): value for name, value in self.headers.items()})
        self.host.sent.append(0)
        self.close_connection = True
        fault = self.host.faults.pop(0) if self.host.faults else behave
        with contextlib.suppress(ConnectionError):  # the client has had enough
            fault(self)

    def head(self, status: int = 200, **headers: object) -> None:
        """Send the status line and headers: content_length=3 is "Content-Length: 3"."""
        self.send_response(status)
        self.send_header("Connection", "close")
        for name, value in self.host.marks.items():
            self.send_header(name, value)
        for name, value in {"content_type": self.host.type, **headers}.items():
            self.send_header(name.replace("_", "-").title(), str(value))
        self.end_headers()

    def body(self, content: bytes) -> None:
        self.host.sent[-1] += len(content)
        self.wfile.write(content)

    def wanted(self) -> tuple[int, bytes] | None:
        """(First byte, what is asked for), or None where all is asked for or it is not the same."""
        told = self.headers.get("Range")
        same = self.headers.get("If-Range", "") in ("", *self.host.marks.values())
        if told is None or not same or not self.host.ranges:
            return None
        first = int(told.removeprefix("bytes=").removesuffix("-"))
        return first, self.host.content[first:]

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


Fault = Callable[[Answer], None]


def behave(answer: Answer, most: int | None = None) -> None:
    """What a good host does; with `most`, it hangs up after so many bytes of a body."""
    content, wanted = answer.host.content, answer.wanted()
    if wanted is None:
        answer.head(content_length=len(content))
    elif wanted[1]:
        answer.head(206, **_range(content, *wanted))
        content = wanted[1]
    else:
        answer.head(416, content_range=f"bytes */{len(content)}", content_type="text/html")
        content = b"<html>there is no more</html>"
    answer.body(content[:most])


def _range(content: bytes, first: int, rest: bytes) -> dict[str, object]:
    told = f"bytes {first}-{len(content) - 1}/{len(content)}"
    return {"content_length": len(rest), "content_range": told}


def cut_after(most: int) -> Fault:
    """Hang up after so many bytes."""
    return partial(behave, most=most)


def reset_after(most: int) -> Fault:
    """Break the connection off after so many bytes, so that the client's system complains."""

    def fault(answer: Answer) -> None:
        behave(answer, most)
        reset(answer)

    return fault


def reset(answer: Answer) -> None:
    """Break the connection off."""
    answer.wfile.flush()
    linger = struct.pack("ii", 1, 0)
    answer.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    answer.connection.close()


def status(code: int, content: bytes = b"") -> Fault:
    """Refuse."""

    def fault(answer: Answer) -> None:
        answer.head(code, content_length=len(content))
        answer.body(content)

    return fault


def redirect(to: str) -> Fault:
    """Send the client elsewhere."""
    return lambda answer: answer.head(302, location=to, content_length=0)


def says(code: int = 200, body: bytes | None = None, **headers: object) -> Fault:
    """Send the file, or this body, under headers that say something else."""

    def fault(answer: Answer) -> None:
        content = answer.host.content if body is None else body
        answer.head(code, **{"content_length": len(content), **headers})
        answer.body(content)

    return fault


def chunked(body: bytes | None = None, code: int = 200, end: bool = True, **more: object) -> Fault:
    """Send in chunks, without a length; not `end`: hang up before the mark of the end."""

    def fault(answer: Answer) -> None:
        content = answer.host.content if body is None else body
        answer.head(code, transfer_encoding="chunked", **more)
        answer.body(b"%x\r\n%s\r\n" % (len(content), content))
        if end:
            answer.body(b"0\r\n\r\n")

    return fault


def drip(every: float = 0.005) -> Fault:
    """Send a byte, wait, and so on until the client leaves."""

    def fault(answer: Answer) -> None:
        content = answer.host.content
        answer.head(content_length=len(content))
        for at in range(len(content)):
            answer.body(content[at : at + 1])
            if answer.host.closing.wait(every):
                return

    return fault


def stall_after(most: int) -> Fault:
    """Send so many bytes and then nothing, with the connection open."""

    def fault(answer: Answer) -> None:
        behave(answer, most)
        answer.wfile.flush()
        answer.host.closing.wait(30)

    return fault


def mute(answer: Answer) -> None:
    """Say nothing at all."""
    answer.host.closing.wait(30)


@contextlib.contextmanager
def serving(host: Host, name: str = "file.bin") -> Iterator[Host]:
    """Serve at an address of its own, `host.url`, until the end of the block."""
    handler = type("OneHost", (Answer,), {"host": host})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = False  # closing waits for every answer
        host.url = f"http://127.0.0.1:{server.server_port}/{name}"
        thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.01))
        thread.start()
        try:
            yield host
        finally:
            host.closing.set()
            server.shutdown()
            thread.join()
