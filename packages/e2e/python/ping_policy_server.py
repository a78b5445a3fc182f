"""Serves an endless health watch on a free port, which it prints: `ping_policy_server.py MIN_PING_INTERVAL_MS`.

The argument is the minimum time in milliseconds between two pings without data between them.
"""

import sys
import threading
from concurrent import futures

import grpc

serving = b"\x08\x01"


def watch(_, context):
    ended = threading.Event()
    context.add_callback(ended.set)
    yield serving
    ended.wait()


def serve(min_ping_interval_ms):
    options = [("grpc.http2.min_ping_interval_without_data_ms", min_ping_interval_ms)]
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=10), options=options)
    health = {"Watch": grpc.unary_stream_rpc_method_handler(watch)}
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("grpc.health.v1.Health", health)])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
