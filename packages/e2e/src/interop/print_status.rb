# Makes calls with requests of zeros and prints the status of each: `print_status.rb PORT CALLS`. CALLS is JSON:
# `[[PATH, HEADERS, HEADER_BYTES, REQUEST_BYTES], ...]`. Without REQUEST_BYTES it opens a bidirectional stream, sends no
# message, and waits for the end.

require 'grpc'
require 'json'

port, calls = ARGV
raw = ->(bytes) { bytes }

JSON.parse(calls).each do |path, headers, header_bytes, request_bytes|
  metadata = Array.new(headers) { |number| ["x-header-#{number}", 'x' * header_bytes] }.to_h
  options = { metadata: metadata, deadline: Time.now + 60 }
  channel_args = { 'grpc.use_local_subchannel_pool' => 1 }
  stub = GRPC::ClientStub.new("127.0.0.1:#{port}", :this_channel_is_insecure, channel_args: channel_args)
  if request_bytes
    stub.request_response(path, "\0" * request_bytes, raw, raw, **options)
  else
    stub.bidi_streamer(path, Enumerator.new { sleep }, raw, raw, **options).to_a
  end
  puts 'OK'
rescue GRPC::BadStatus => e
  name = GRPC::Core::StatusCodes.constants.find { |constant| GRPC::Core::StatusCodes.const_get(constant) == e.code }
  puts "#{name} #{e.details}"
end
