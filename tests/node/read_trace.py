"""Reads a trace file with Python's standard library alone: a length, a JSON header, then raw arrays.

    metadata, tensors = read_trace('trace.safetensors')
    tensors['blocks.0.attn.hook_pattern'][0, 3, 4, 1]        # batch 0, head 3, query 4, key 1
    numpy.asarray(tensors['hook_embed'])                     # NumPy takes them without a copy
"""

import hashlib
import json
import struct
import sys


def read_trace(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = memoryview(file.read())
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = data[begin:end].cast({"F32": "f", "I32": "i"}[entry["dtype"]], entry["shape"])
    return metadata, tensors


if __name__ == "__main__":
    metadata, tensors = read_trace(sys.argv[1])
    described = {
        name: {
            "format": values.format,
            "shape": values.shape,
            "last": values[tuple(size - 1 for size in values.shape)],
            "sha256": hashlib.sha256(values.tobytes()).hexdigest(),
        }
        for name, values in tensors.items()
    }
    try:
        import numpy
    except ImportError:
        pass
    else:
        for name, values in tensors.items():
            assert numpy.asarray(values).shape == values.shape, name
    print(json.dumps({"metadata": metadata, "tensors": described}))
