"""Makes calls with requests of zeros and prints the status of each.

Usage: `print_status.py PORT CALLS`. CALLS is JSON: `[[PATH, HEADERS, HEADER_BYTES, REQUEST_BYTES], ...]`. Without
REQUEST_BYTES it opens a bidirectional stream, sends no message, and waits for the end.
"""

import json
import queue
import sys

import grpc

port, calls = sys.argv[1:]

for path, headers, header_bytes, *request_bytes in json.loads(calls):
    metadata = [(f"x-header-{number}", "x" * header_bytes) for number in range(headers)]
    options = {"metadata": metadata, "timeout": 60}
    with grpc.insecure_channel(f"127.0.0.1:{port}", [("grpc.use_local_subchannel_pool", 1)]) as channel:
        try:
            if request_bytes:
                channel.unary_unary(path)(bytes(request_bytes[0]), **options)
            else:
                requests = queue.SimpleQueue()
                try:
                    list(channel.stream_stream(path)(iter(requests.get, None), **options))
                finally:
                    requests.put(None)
            print("OK")
        except grpc.RpcError as error:
            print(error.code().name, error.details())
