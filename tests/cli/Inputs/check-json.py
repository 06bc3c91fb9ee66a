"""Every operand in `dump --format=json` of the linear program is defined."""

import json
import sys

program = json.load(sys.stdin)
assert [f["name"] for f in program["functions"]] == ["forward", "train_step"]
for function in program["functions"]:
    defined = {a["value"] for a in function["arguments"]}
    for node in function["nodes"]:
        assert set(node["operands"]) <= defined, node
        defined |= {r["value"] for r in node["results"]}
    assert {r["value"] for r in function["results"]} <= defined
step = program["functions"][1]
assert step["arguments"][3]["default"] == 0.1
assert step["results"][1]["updates"] == "w"
assert any(n.get("location", {}).get("line") == 31 for n in step["nodes"])
