"""Makes a call with a request of zeros and prints its status.

Usage: `print_status.py PORT PATH HEADERS HEADER_BYTES [REQUEST_BYTES]`. Without REQUEST_BYTES it opens a bidirectional
stream, sends no message, and waits for the end.
"""

import queue
import sys

import grpc

port, path, headers, header_bytes, *request_bytes = sys.argv[1:]
metadata = [(f"x-header-{number}", "x" * int(header_bytes)) for number in range(int(headers))]
options = {"metadata": metadata, "timeout": 60}

with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
    try:
        if request_bytes:
            channel.unary_unary(path)(bytes(int(request_bytes[0])), **options)
        else:
            requests = queue.SimpleQueue()
            try:
                list(channel.stream_stream(path)(iter(requests.get, None), **options))
            finally:
                requests.put(None)
        print("OK")
    except grpc.RpcError as error:
        print(error.code().name, error.details())
