# SPDX-License-Identifier: GPL-2.0-only
"""The host's ends of a machine's two control channels: QMP (the emulator's own monitor) and
the guest agent (guest/agent.c, where the agent's frames are described). Every wait has a
limit, and every limit that passes raises BedError."""
import json
import select
import socket
import time

INPUT_CHUNK = 2048      # below what the guest's serial port buffers while the agent is busy


class BedError(Exception):
    """The bed or the guest did not do what was asked; the text says what."""


class GuestTimeout(BedError):
    """A limit on a wait for the guest passed."""


def connect(path, alive, deadline):
    """A stream to a UNIX socket that is about to appear."""
    while True:
        stream = socket.socket(socket.AF_UNIX)
        try:
            stream.connect(str(path))
            return stream
        except OSError:
            stream.close()
        alive()
        if time.monotonic() > deadline:
            raise GuestTimeout(f"nobody listens on {path}")
        time.sleep(0.02)


class Qmp:
    """One command at a time; events are kept in `events` in the order of arrival."""

    def __init__(self, stream, timeout):
        self.stream, self.buffer, self.events = stream, b"", []
        self._next(time.monotonic() + timeout)      # the greeting
        self.command("qmp_capabilities", timeout=timeout)

    def _next(self, deadline):
        while b"\n" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.stream], [], [], left)[0]:
                raise GuestTimeout("the emulator's monitor does not answer")
            data = self.stream.recv(65536)
            if not data:
                raise BedError("the emulator closed its monitor")
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        message = json.loads(line)
        if "event" in message:
            self.events.append(message)
        return message

    def command(self, name, timeout=30, **arguments):
        request = {"execute": name}
        if arguments:
            request["arguments"] = arguments
        self.stream.sendall(json.dumps(request).encode() + b"\n")
        deadline = time.monotonic() + timeout
        while True:
            message = self._next(deadline)
            if "error" in message:
                raise BedError(f"monitor: {name}: {message['error']['desc']}")
            if "return" in message:
                return message["return"]

    def wait_event(self, name, timeout):
        """The oldest event of that name, which is consumed."""
        deadline = time.monotonic() + timeout
        while True:
            for event in self.events:
                if event["event"] == name:
                    self.events.remove(event)
                    return event
            self._next(deadline)

    def close(self):
        self.stream.close()


class Job:
    """A command in the guest; made by Agent.start()."""

    def __init__(self, agent, number, command):
        self.agent, self.number, self.command = agent, number, command
        self.output, self.status, self.acks = b"", None, 0

    def wait(self, timeout):
        """Waits for the end; (status, output as bytes)."""
        self.agent.pump(lambda: self.status is not None, timeout, self.command)
        return self.status, self.output

    def wait_output(self, text, timeout):
        """Waits until the command has printed text (or has ended without)."""
        wanted = text.encode()
        self.agent.pump(lambda: wanted in self.output or self.status is not None, timeout,
                        f"{self.command}: the text {text!r}")
        if wanted not in self.output:
            raise BedError(f"{self.command}: ended with {self.status} without {text!r}: "
                           f"{self.output.decode(errors='replace')}")

    def write(self, data, timeout=60):
        """Feeds the standard input; no data: end of file."""
        deadline = time.monotonic() + timeout
        for at in range(0, max(len(data), 1), INPUT_CHUNK):
            wanted = self.acks + 1
            self.agent.send("I", self.number, data[at:at + INPUT_CHUNK])
            self.agent.pump(lambda: self.acks >= wanted or self.status is not None,
                            deadline - time.monotonic(), f"{self.command}: taking its input")

    def signal(self, number):
        self.agent.send("K", self.number, value=number)


class Agent:
    def __init__(self, stream, alive):
        self.stream, self.alive = stream, alive
        self.buffer, self.jobs, self.last, self.hellos = b"", {}, 0, 0

    def send(self, kind, number, body=b"", value=None):
        size = len(body) if value is None else value
        try:
            self.stream.sendall(f"{kind} {number} {size}\n".encode() + body)
        except ConnectionError:
            self.alive(hung_up=True)
            raise

    def start(self, command, stdin=False):
        if len(command.encode()) > INPUT_CHUNK:
            raise BedError("command too long: put it into a file first (Machine.put)")
        self.last += 1
        job = self.jobs[self.last] = Job(self, self.last, command)
        # Nothing follows a command without input: a Linux that it ends would leave that in the serial port,
        # and a UART of Bochs that has bytes from before the driver came never interrupts again.
        self.send("R" if stdin else "N", job.number, command.encode())
        return job

    def pump(self, done, timeout, what):
        """Takes frames until done(); raises GuestTimeout at the limit."""
        deadline = time.monotonic() + timeout
        while not done():
            left = deadline - time.monotonic()
            if left <= 0:
                raise GuestTimeout(f"no end within {timeout:.0f} s: {what}")
            if not select.select([self.stream], [], [], min(left, 0.5))[0]:
                self.alive()
                continue
            data = self._receive()
            if not data:
                self.alive(hung_up=True)
            self.buffer += data
            while self._take_frame():
                pass

    def _receive(self):
        """What has come; nothing if the emulator hung up. If it ends before it has read all that
        was sent, the connection is reset."""
        try:
            return self.stream.recv(65536)
        except ConnectionError:
            return b""

    def _take_frame(self):
        header, newline, rest = self.buffer.partition(b"\n")
        if not newline:
            return False
        fields = header.split()
        # What a reset or a firmware leaves on the line is not a frame.
        if len(fields) != 3 or fields[0] not in (b"H", b"O", b"A", b"E"):
            at = header.rfind(b"H 0 0")
            self.buffer = (header[at:] + b"\n" + rest) if at > 0 else rest
            return True
        kind, number, value = fields[0], int(fields[1]), int(fields[2])
        body = value if kind == b"O" else 0
        if len(rest) < body:
            return False
        self.buffer = rest[body:]
        self._frame(kind, number, value, rest[:body])
        return True

    def _frame(self, kind, number, value, body):
        job = self.jobs.get(number)
        if kind == b"H":
            self.hellos += 1
        elif job is None:
            return
        elif kind == b"O":
            job.output += body
        elif kind == b"A":
            job.acks += 1
        elif kind == b"E":
            job.status = value
            del self.jobs[number]

    def close(self):
        self.stream.close()
