"""Serves grpc.testing.TestService on a free port, which it prints: `interop_server.py DESCRIPTORS [CERT KEY]`."""

import sys
import time
from concurrent import futures

import grpc

import interop_messages as messages

INITIAL, TRAILING = "x-grpc-test-echo-initial", "x-grpc-test-echo-trailing-bin"


def zeros(size):
    return messages.Payload(body=bytes(size))


def echo_metadata(context):
    metadata = dict(context.invocation_metadata())
    if INITIAL in metadata:
        context.send_initial_metadata([(INITIAL, metadata[INITIAL])])
    if TRAILING in metadata:
        context.set_trailing_metadata([(TRAILING, metadata[TRAILING])])


def echo_status(request, context):
    if request.HasField("response_status"):
        codes = {code.value[0]: code for code in grpc.StatusCode}
        context.abort(codes[request.response_status.code], request.response_status.message)


def empty_call(request, context):
    return messages.Empty()


def unary_call(request, context):
    # Must precede the initial metadata, which contains the encoding.
    if request.response_compressed.value:
        context.set_compression(grpc.Compression.Gzip)
    echo_metadata(context)
    echo_status(request, context)
    return messages.SimpleResponse(payload=zeros(request.response_size))


def streaming_input_call(requests, context):
    size = sum(len(request.payload.body) for request in requests)
    return messages.StreamingInputCallResponse(aggregated_payload_size=size)


def streaming_output_call(request, context):
    if any(parameters.compressed.value for parameters in request.response_parameters):
        context.set_compression(grpc.Compression.Gzip)
    yield from respond(request, context)


def full_duplex_call(requests, context):
    echo_metadata(context)
    for request in requests:
        yield from respond(request, context)


def respond(request, context):
    echo_status(request, context)
    for parameters in request.response_parameters:
        time.sleep(parameters.interval_us / 1e6)
        if parameters.HasField("compressed") and not parameters.compressed.value:
            context.disable_next_message_compression()
        yield messages.StreamingOutputCallResponse(payload=zeros(parameters.size))


def methods():
    def handler(create, behavior, request):
        return create(behavior, request.FromString, lambda response: response.SerializeToString())

    return {
        "EmptyCall": handler(grpc.unary_unary_rpc_method_handler, empty_call, messages.Empty),
        "UnaryCall": handler(grpc.unary_unary_rpc_method_handler, unary_call, messages.SimpleRequest),
        "StreamingInputCall": handler(
            grpc.stream_unary_rpc_method_handler, streaming_input_call, messages.StreamingInputCallRequest
        ),
        "StreamingOutputCall": handler(
            grpc.unary_stream_rpc_method_handler, streaming_output_call, messages.StreamingOutputCallRequest
        ),
        "FullDuplexCall": handler(
            grpc.stream_stream_rpc_method_handler, full_duplex_call, messages.StreamingOutputCallRequest
        ),
    }


def serve(cert=None, key=None):
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=10))
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("grpc.testing.TestService", methods())])
    if cert is None:
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        with open(cert, "rb") as cert_file, open(key, "rb") as key_file:
            credentials = grpc.ssl_server_credentials([(key_file.read(), cert_file.read())])
        port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    print(port, flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    messages.load_messages(sys.argv[1])
    serve(*sys.argv[2:])
