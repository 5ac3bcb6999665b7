"""A pack's model as the appliance's CPU runs it, and what it costs to run."""
import re
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import numpy_helper


def unsigned(model):
    """
    What src/inference/unsigned.ts does to the file's bytes before the CPU gets it: the same activations as uint8, for
    which x86 has fast kernels. What a Clip makes starts at 0 and takes the whole byte; the rest moves by 128.
    """
    for t in model.graph.initializer:
        if t.name.startswith("relu_scale/"):
            t.CopyFrom(numpy_helper.from_array((numpy_helper.to_array(t) * np.float32(127 / 255.0001)).astype(np.float32), t.name))
        elif t.name in ("relu_zero", "linear_zero"):
            t.CopyFrom(numpy_helper.from_array(np.array(0 if t.name == "relu_zero" else 128, np.uint8), t.name))
    return model


def sums_bytes_exactly():
    """As src/inference/dot-product.ts: VNNI; the other way gives the same numbers at half the speed."""
    cpuinfo = Path("/proc/cpuinfo")
    return cpuinfo.exists() and re.search(r"^flags\s*:.*\b(?:avx512_vnni|avx_vnni)\b", cpuinfo.read_text(), re.M) is not None


def cpu_session(file, threads=2):
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    options.add_session_config_entry("session.x64quantprecision", "0" if sums_bytes_exactly() else "1")
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(unsigned(onnx.load(str(file))).SerializeToString(), options)


def multiply_adds(file):
    """Multiply-adds of the convolutions and linear layers of a float model, one image."""
    graph = onnx.shape_inference.infer_shapes(onnx.load(str(file))).graph
    shape = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in [*graph.value_info, *graph.output]}
    weights = {t.name: list(t.dims) for t in graph.initializer}
    total = 0
    for n in graph.node:
        if n.op_type == "Conv":
            total += int(np.prod(shape[n.output[0]]) * np.prod(weights[n.input[1]][1:]))
        elif n.op_type == "Gemm":
            total += int(np.prod(weights[n.input[1]]))
    return total
