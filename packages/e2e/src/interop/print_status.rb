# Makes a call with a request of zeros and prints its status: `print_status.rb PORT PATH HEADERS HEADER_BYTES
# [REQUEST_BYTES]`. Without REQUEST_BYTES it opens a bidirectional stream, sends no message, and waits for the end.

require 'grpc'

port, path, headers, header_bytes, request_bytes = ARGV
metadata = Array.new(headers.to_i) { |number| ["x-header-#{number}", 'x' * header_bytes.to_i] }.to_h
options = { metadata: metadata, deadline: Time.now + 60 }
stub = GRPC::ClientStub.new("127.0.0.1:#{port}", :this_channel_is_insecure)
raw = ->(bytes) { bytes }

begin
  if request_bytes
    stub.request_response(path, "\0" * request_bytes.to_i, raw, raw, **options)
  else
    stub.bidi_streamer(path, Enumerator.new { sleep }, raw, raw, **options).to_a
  end
  puts 'OK'
rescue GRPC::BadStatus => e
  name = GRPC::Core::StatusCodes.constants.find { |constant| GRPC::Core::StatusCodes.const_get(constant) == e.code }
  puts "#{name} #{e.details}"
end
