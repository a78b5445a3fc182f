# Runs cases of gRPC's own client, which runs only one in each process:
# `interop_client.rb CLIENT CASE,CASE OPTIONS_OF_THE_CLIENT`.

client, cases, *options = ARGV
require client

cases.split(',').each do |name|
  ARGV.replace([*options, '--test_case', name])
  main
rescue StandardError => e
  warn "#{name}: #{e.full_message}"
end
