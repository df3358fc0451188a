# SPDX-License-Identifier: GPL-2.0-only
"""This terminal as that of a machine whose serial port is a stream: what is typed goes there at
once, unprinted, and what comes is shown. Ctrl-a x ends it, Ctrl-a a is a Ctrl-a."""
import os
import select
import sys
import termios
import tty

ESCAPE = b"\x01"


class Keys:
    """Takes what is typed; gives what is meant for the machine."""

    def __init__(self):
        self.escaped = self.ended = False

    def take(self, data):
        meant = b""
        for byte in (data[at:at + 1] for at in range(len(data))):
            if self.escaped:
                self.escaped = False
                self.ended = self.ended or byte == b"x"
                meant += ESCAPE if byte == b"a" else b""
            elif byte == ESCAPE:
                self.escaped = True
            else:
                meant += byte
        return meant


def connect(stream, alive):
    """Until the machine or the user ends it."""
    inputs, keys, own = [stream, sys.stdin], Keys(), None
    if sys.stdin.isatty():
        own = termios.tcgetattr(sys.stdin)
        tty.setraw(sys.stdin)
    try:
        while alive() and not keys.ended:
            ready = select.select(inputs, [], [], 0.5)[0]
            if stream in ready:
                data = stream.recv(65536)
                if not data:
                    break
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()
            if sys.stdin in ready:
                data = os.read(sys.stdin.fileno(), 256)
                if not data:        # not a terminal, and no more to come
                    inputs.remove(sys.stdin)
                stream.sendall(keys.take(data))
    except ConnectionError:
        pass
    finally:
        if own:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, own)
