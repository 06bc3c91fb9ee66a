"""count-parameters.py FILE.safetensors: elements of what is no buffer."""

import json
import math
import struct
import sys

with open(sys.argv[1], "rb") as file:
    header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
print(sum(math.prod(tensor["shape"]) for name, tensor in header.items()
          if name != "__metadata__"
          and name.rsplit(".", 1)[-1] not in ("running_mean", "running_var", "num_batches_tracked")))
