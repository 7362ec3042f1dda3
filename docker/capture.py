"""What passes over loopback, as a packet capture sees it, and whether it is TLS (Linux; needs CAP_NET_RAW)."""

import collections
import socket
import struct
import threading
from pathlib import Path

EVERY_PROTOCOL = 0x0003
OUTGOING = 4
ETHERNET, TCP = 14, 6
SYN = 0x02
# TLS 1.3, section 5.1: change of cipher, alert, handshake, data; the longest record is 2^14 and 256 bytes.
KINDS, VERSIONS, LONGEST = range(20, 24), range(0x0301, 0x0304), 2**14 + 256


class Capture:
    """Streams of TCP over loopback between `with` and its end, by (source port, destination port, first number)."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(EVERY_PROTOCOL))
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, 33, 2**26)  # SO_RCVBUFFORCE, which Python does not name
        except PermissionError:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**26)
        self.socket.bind(("lo", 0))
        self.socket.settimeout(0.2)
        self.first, self.segments = {}, collections.defaultdict(dict)
        self.thread, self.ended = threading.Thread(target=self.listen, daemon=True), threading.Event()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()
        self.socket.close()

    def listen(self):
        while True:
            try:
                packet, address = self.socket.recvfrom(2**17)
            except TimeoutError:
                # What came before the end has been read.
                if self.ended.is_set():
                    return
                continue
            # Over loopback each packet passes twice.
            if address[2] != OUTGOING:
                self.take(packet[ETHERNET:])

    def take(self, packet):
        version = packet[0] >> 4
        if version == 4:
            protocol, start, end = packet[9], (packet[0] & 15) * 4, struct.unpack_from("!H", packet, 2)[0]
        else:
            protocol, start, end = packet[6], 40, 40 + struct.unpack_from("!H", packet, 4)[0]
        if version not in (4, 6) or protocol != TCP:
            return
        source, destination, number = struct.unpack_from("!HHI", packet, start)
        offset, flags = (packet[start + 12] >> 4) * 4, packet[start + 13]
        if flags & SYN:
            self.first[source, destination] = number + 1
        first, data = self.first.get((source, destination)), packet[start + offset : end or len(packet)]
        # Connections that are older than the capture are not told.
        if first is not None and data:
            self.segments[source, destination, first][(number - first) % 2**32] = data

    def streams(self, ports):
        """Each stream from or to one of the ports, up to the first byte that the capture lacks."""
        for (source, destination, _), segments in list(self.segments.items()):
            if source in ports or destination in ports:
                stream = bytearray()
                for at, data in sorted(segments.items()):
                    if at > len(stream):
                        break
                    stream[at : at + len(data)] = data
                yield (source, destination), bytes(stream)


def plaintext(stream):
    """Where the first byte is that is not part of a record of TLS; None if there is none."""
    at = 0
    while at < len(stream):
        header = stream[at : at + 5]
        if header[0] not in KINDS:
            return at
        if len(header) == 5:
            version, length = struct.unpack_from("!HH", header, 1)
            if version not in VERSIONS or length > LONGEST:
                return at
            at += length
        at += 5
    return None


def listening(process):
    """The ports of TCP at which a process listens."""
    sockets = set()
    for handle in Path(f"/proc/{process}/fd").iterdir():
        try:
            sockets.add(str(handle.readlink()))
        except FileNotFoundError:
            continue
    ports = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{process}/net/{table}").read_text().splitlines()[1:]:
            local, state, inode = (line.split()[field] for field in (1, 3, 9))
            if state == "0A" and f"socket:[{inode}]" in sockets:
                ports.add(int(local.split(":")[1], 16))
    return ports
