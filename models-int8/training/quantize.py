"""
A float ONNX file of anybody's to the QDQ INT8 that the appliance wants: symmetric int8, zero point 0, weights per channel, activations
per tensor (TensorRT's rules), its constants named so that the appliance's CPU runs them unsigned; the linear heads stay float.
Calibrated on PNG files as `screenpost preprocess` writes them (what the network sees before `to-tensor`).
usage: quantize.py FLOAT.onnx INT8.onnx --images DIR --mean 128 128 128 --std 128 128 128 [--keep-float NODE ...]
"""
import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from PIL import Image


# What only adds up, scales or picks from what heads give.
AFTER_FEATURES = ("Add", "Sub", "Mul", "Div", "ReduceLogSumExp", "Softplus", "Slice", "Unsqueeze", "Reshape", "Flatten")
# What lies between the picture and the features. Averages, linear heads and Softmax cost nothing and stay float.
INNER = ["Conv", "Add", "Clip", "Relu", "MaxPool", "Concat"]


class Pictures(CalibrationDataReader):
    def __init__(self, name, files, mean, std):
        self.name, self.files, self.mean, self.std = name, iter(files), np.float32(mean), np.float32(std)

    def get_next(self):
        file = next(self.files, None)
        if file is None:
            return None
        pixels = np.asarray(Image.open(file), dtype=np.float32)
        pixels = pixels[..., None] if pixels.ndim == 2 else pixels
        if len(self.mean) == 6:
            pixels = np.concatenate(np.split(pixels, 2), 2)
        return {self.name: ((pixels - self.mean) / self.std).transpose(2, 0, 1)[None].astype(np.float32)}


def heads_of(model):
    """
    Names of the nodes that work on the averaged features or make the maps, of those that only add up and scale what these give
    (a committee's average), and of the addition before a power (generalised mean): they stay float.
    """
    made = {o: n for n in model.graph.node for o in n.output}
    powers = [made[n.input[0]].name for n in model.graph.node if n.op_type == "Pow" and n.input[0] in made]
    heads, open_names = [*powers, *(n.name for n in model.graph.node if n.op_type in ("Gemm", "MatMul"))], [o.name for o in model.graph.output]
    while open_names:
        node = made.get(open_names.pop())
        if node is not None and node.op_type in ("Conv", *AFTER_FEATURES):
            heads.append(node.name)
            open_names.extend(node.input if node.op_type != "Conv" else [])
    return heads


def named(model):
    """
    Leaves Conv and Clip together (a pair of Q and DQ between them would make the product step through memory) and gives
    the constants of the activations the names by which src/inference/unsigned.ts finds them: `relu_scale/...` and
    `relu_zero` for what a Clip makes, `linear_zero` for the rest.
    """
    graph = model.graph
    made, used = {o: n for n in graph.node for o in n.output}, defaultdict(list)
    for node in graph.node:
        for i in node.input:
            used[i].append(node)
    gone = set()
    for clip in (n for n in graph.node if n.op_type == "Clip"):
        dq = made.get(clip.input[0])
        if dq is not None and dq.op_type == "DequantizeLinear" and dq.input[0] in made:
            q = made[dq.input[0]]
            clip.input[0] = q.input[0]
            gone |= {q.name, dq.name}
    kept = [n for n in graph.node if n.name not in gone]
    constants = {t.name: t for t in graph.initializer}
    zero = {"relu": "relu_zero", "linear": "linear_zero"}
    fresh = [numpy_helper.from_array(np.array(0, np.int8), name) for name in zero.values()]
    pairs = [n for n in kept if n.op_type == "QuantizeLinear"]
    for q in pairs:
        kind = "relu" if q.input[0] in made and made[q.input[0]].op_type == "Clip" else "linear"
        scale = f"{kind}_scale/{q.input[0]}"
        fresh.append(numpy_helper.from_array(numpy_helper.to_array(constants[q.input[1]]), scale))
        for node in [q, *(d for d in used[q.output[0]] if d.op_type == "DequantizeLinear")]:
            node.input[1], node.input[2] = scale, zero[kind]
    del graph.node[:]
    graph.node.extend(kept)
    wanted = {i for n in kept for i in n.input}
    left = [t for t in graph.initializer if t.name in wanted] + fresh
    del graph.initializer[:]
    graph.initializer.extend(left)
    onnx.checker.check_model(model)
    return model


def main():
    p = argparse.ArgumentParser()
    p.add_argument("float_file")
    p.add_argument("int8_file")
    p.add_argument("--images", required=True)
    p.add_argument("--mean", type=float, nargs="+", required=True)
    p.add_argument("--std", type=float, nargs="+", required=True)
    p.add_argument("--keep-float", nargs="*", default=[], help="names of further nodes; the linear heads stay float anyway")
    a = p.parse_args()
    files = sorted(Path(a.images).glob("*.png"))
    if len(files) < 32:
        raise SystemExit(f"{a.images} holds {len(files)} PNG files; 32 are the least, 100 are better.")
    prepared = f"{a.int8_file}.prepared"
    quant_pre_process(a.float_file, prepared, skip_symbolic_shape=True)
    model = onnx.load(prepared)
    name = model.graph.input[0].name
    quantize_static(prepared, a.int8_file, Pictures(name, files, a.mean, a.std), quant_format=QuantFormat.QDQ, per_channel=True,
                    activation_type=QuantType.QInt8, weight_type=QuantType.QInt8, op_types_to_quantize=INNER, nodes_to_exclude=[*heads_of(model), *a.keep_float],
                    calibrate_method=CalibrationMethod.MinMax,
                    extra_options={"ActivationSymmetric": True, "WeightSymmetric": True, "QuantizeBias": False})
    onnx.save(named(onnx.load(a.int8_file)), a.int8_file)
    Path(prepared).unlink()
    print(f"{a.int8_file}: {Path(a.int8_file).stat().st_size / 1e6:.1f} MB from {len(files)} pictures")


if __name__ == "__main__":
    main()
