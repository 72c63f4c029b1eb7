-- ARGV: 1 job, 2 node, 3 token, 4 data (json). Tells followers how a stage gets on.
local job = load(ARGV[1])
if not holds(job, ARGV[2], ARGV[3]) then return 0 end
emit(job, 'progress', cjson.decode(ARGV[4]))
return 1
