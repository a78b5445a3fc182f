"""Runs cases of gRPC's interoperability tests: `interop_client.py CASE,CASE PORT DESCRIPTORS [CA SERVER_NAME]`.

Without arguments it prints the names of the cases.

https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md
"""

import queue
import sys
import threading
import traceback

import grpc

import interop_messages as messages

INITIAL, TRAILING = "x-grpc-test-echo-initial", "x-grpc-test-echo-trailing-bin"
EXCHANGES = [(27182, 31415), (8, 9), (1828, 2653), (45904, 58979)]
TIMEOUT = 60

cases = {}


def case(function):
    cases[function.__name__] = function


class Stub:
    def __init__(self, channel):
        def method(create, name, response, service=messages.SERVICE):
            return create(service + name, lambda request: request.SerializeToString(), response.FromString)

        self.empty_call = method(channel.unary_unary, "EmptyCall", messages.Empty)
        self.unary_call = method(channel.unary_unary, "UnaryCall", messages.SimpleResponse)
        self.input_call = method(channel.stream_unary, "StreamingInputCall", messages.StreamingInputCallResponse)
        self.output_call = method(channel.unary_stream, "StreamingOutputCall", messages.StreamingOutputCallResponse)
        self.duplex_call = method(channel.stream_stream, "FullDuplexCall", messages.StreamingOutputCallResponse)
        self.unimplemented_method = method(channel.unary_unary, "UnimplementedCall", messages.Empty)
        self.unimplemented_service = method(
            channel.unary_unary, "UnimplementedCall", messages.Empty, "/grpc.testing.UnimplementedService/"
        )


def zeros(size):
    return messages.Payload(body=bytes(size))


def large_request(**fields):
    return messages.SimpleRequest(response_size=314159, payload=zeros(271828), **fields)


def output_request(size, *response_sizes):
    parameters = [messages.ResponseParameters(size=response_size) for response_size in response_sizes]
    return messages.StreamingOutputCallRequest(payload=zeros(size), response_parameters=parameters)


def input_request(size, **fields):
    return messages.StreamingInputCallRequest(payload=zeros(size), **fields)


def flag(value):
    return messages.BoolValue(value=value)


def check_sizes(responses, *sizes):
    bodies = [response.payload.body for response in responses]
    assert [len(body) for body in bodies] == list(sizes), [len(body) for body in bodies]
    assert not any(body.strip(b"\0") for body in bodies)


def check_failure(call, code, details=None):
    try:
        call()
    except grpc.RpcError as error:
        assert error.code() == code, error
        assert details is None or error.details() == details, error
    else:
        raise AssertionError(f"the call did not fail with {code}")


@case
def empty_unary(stub):
    assert stub.empty_call(messages.Empty(), timeout=TIMEOUT) == messages.Empty()


@case
def large_unary(stub):
    check_sizes([stub.unary_call(large_request(), timeout=TIMEOUT)], 314159)


@case
def client_compressed_unary(stub):
    compressed, uncompressed = (large_request(expect_compressed=flag(value)) for value in (True, False))
    check_failure(lambda: stub.unary_call(compressed, timeout=TIMEOUT), grpc.StatusCode.INVALID_ARGUMENT)
    check_sizes([stub.unary_call(compressed, timeout=TIMEOUT, compression=grpc.Compression.Gzip)], 314159)
    check_sizes([stub.unary_call(uncompressed, timeout=TIMEOUT)], 314159)


@case
def server_compressed_unary(stub):
    check_sizes([stub.unary_call(large_request(response_compressed=flag(True)), timeout=TIMEOUT)], 314159)
    check_sizes([stub.unary_call(large_request(response_compressed=flag(False)), timeout=TIMEOUT)], 314159)


@case
def client_streaming(stub):
    response = stub.input_call((input_request(size) for size, _ in EXCHANGES), timeout=TIMEOUT)
    assert response.aggregated_payload_size == 74922, response


@case
def server_streaming(stub):
    sizes = [size for _, size in EXCHANGES]
    check_sizes(stub.output_call(output_request(0, *sizes), timeout=TIMEOUT), *sizes)


@case
def server_compressed_streaming(stub):
    request = messages.StreamingOutputCallRequest(
        response_parameters=[
            messages.ResponseParameters(size=31415, compressed=flag(True)),
            messages.ResponseParameters(size=92653, compressed=flag(False)),
        ]
    )
    check_sizes(stub.output_call(request, timeout=TIMEOUT), 31415, 92653)


@case
def ping_pong(stub):
    requests = queue.Queue()
    responses = stub.duplex_call(iter(requests.get, None), timeout=TIMEOUT)
    for size, response_size in EXCHANGES:
        requests.put(output_request(size, response_size))
        check_sizes([next(responses)], response_size)
    requests.put(None)
    check_sizes(responses)


@case
def empty_stream(stub):
    check_sizes(stub.duplex_call(iter([]), timeout=TIMEOUT))


@case
def cancel_after_begin(stub):
    requests = queue.Queue()
    call = stub.input_call.future(iter(requests.get, None), timeout=TIMEOUT)
    call.cancel()
    assert call.cancelled() and call.code() == grpc.StatusCode.CANCELLED, call
    requests.put(None)


@case
def cancel_after_first_response(stub):
    requests = queue.Queue()
    call = stub.duplex_call(iter(requests.get, None), timeout=TIMEOUT)
    requests.put(output_request(*EXCHANGES[0]))
    check_sizes([next(call)], EXCHANGES[0][1])
    call.cancel()
    check_failure(lambda: next(call), grpc.StatusCode.CANCELLED)
    requests.put(None)


@case
def timeout_on_sleeping_server(stub):
    ended = threading.Event()

    def requests():
        yield output_request(27182)
        ended.wait()

    check_failure(lambda: next(stub.duplex_call(requests(), timeout=0.001)), grpc.StatusCode.DEADLINE_EXCEEDED)
    ended.set()


@case
def unimplemented_method(stub):
    check_failure(
        lambda: stub.unimplemented_method(messages.Empty(), timeout=TIMEOUT), grpc.StatusCode.UNIMPLEMENTED
    )


@case
def unimplemented_service(stub):
    check_failure(
        lambda: stub.unimplemented_service(messages.Empty(), timeout=TIMEOUT), grpc.StatusCode.UNIMPLEMENTED
    )


@case
def status_code_and_message(stub):
    message = "test status message"
    status = messages.EchoStatus(code=2, message=message)
    unary = messages.SimpleRequest(response_status=status)
    check_failure(lambda: stub.unary_call(unary, timeout=TIMEOUT), grpc.StatusCode.UNKNOWN, message)
    duplex = iter([messages.StreamingOutputCallRequest(response_status=status)])
    check_failure(lambda: next(stub.duplex_call(duplex, timeout=TIMEOUT)), grpc.StatusCode.UNKNOWN, message)


@case
def special_status_message(stub):
    message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
    request = messages.SimpleRequest(response_status=messages.EchoStatus(code=2, message=message))
    check_failure(lambda: stub.unary_call(request, timeout=TIMEOUT), grpc.StatusCode.UNKNOWN, message)


@case
def custom_metadata(stub):
    initial, trailing = (INITIAL, "test_initial_metadata_value"), (TRAILING, b"\xab\xab\xab")
    response, unary = stub.unary_call.with_call(large_request(), timeout=TIMEOUT, metadata=[initial, trailing])
    check_sizes([response], 314159)
    requests = iter([output_request(271828, 314159)])
    duplex = stub.duplex_call(requests, timeout=TIMEOUT, metadata=[initial, trailing])
    check_sizes(duplex, 314159)
    for call in (unary, duplex):
        assert initial in call.initial_metadata(), call.initial_metadata()
        assert trailing in call.trailing_metadata(), call.trailing_metadata()


def create_channel(port, ca=None, server_name=None):
    target = f"127.0.0.1:{port}"
    if ca is None:
        return grpc.insecure_channel(target)
    with open(ca, "rb") as file:
        credentials = grpc.ssl_channel_credentials(file.read())
    return grpc.secure_channel(target, credentials, [("grpc.ssl_target_name_override", server_name)])


if __name__ == "__main__":
    if len(sys.argv) == 1:
        print("\n".join(cases))
    else:
        names, port, descriptors, *tls = sys.argv[1:]
        messages.load_messages(descriptors)
        for name in names.split(","):
            with create_channel(port, *tls) as channel:
                try:
                    cases[name](Stub(channel))
                    print(f"OK: {name}")
                except Exception:
                    traceback.print_exc()
