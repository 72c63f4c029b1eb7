-- ARGV: 1 job, 2 node, 3 token, 4 artifact (json). Makes an artifact visible before its stage ends.
local job, ref = load(ARGV[1]), cjson.decode(ARGV[4])
if not holds(job, ARGV[2], ARGV[3]) then return 0 end
add_refs(job, { ref }, now_ms())
emit(job, 'artifact', { stage = ARGV[2], name = ref.name, size = ref.size, sha256 = ref.sha256 })
return 1
