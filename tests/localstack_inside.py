"""Runs LocalStack in a network of its own, and hands on what comes through a socket in the file system.

It listens on every address, whatever it is told: nobody outside of this machine may reach it, nor anybody on it. Run
by LocalStack's own Python, inside ``unshare --net``: ``python localstack_inside.py SOCKET PORT``.
"""

import contextlib
import fcntl
import socket
import struct
import subprocess
import sys
import threading

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def raise_loopback() -> None:
    """What ``ip link set lo up`` does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sH14s", b"lo", 0, b"")
        flags = struct.unpack("16sH14s", fcntl.ioctl(control, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14s", b"lo", flags | IFF_UP, b""))


def pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 18):
            target.sendall(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def hand_on(client: socket.socket, port: int) -> None:
    with client, contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as server:
        back = threading.Thread(target=pump, args=(server, client))
        back.start()
        pump(client, server)
        back.join()


def main(path: str, port: int) -> None:
    raise_loopback()
    server = subprocess.Popen([sys.executable, "-m", "localstack.runtime.main"])
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen(128)

    def accept() -> None:
        while True:
            client, _ = listener.accept()
            threading.Thread(target=hand_on, args=(client, port), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    server.wait()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
