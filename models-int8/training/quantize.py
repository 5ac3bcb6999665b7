"""
A float ONNX file of anybody's to the QDQ INT8 that the appliance wants: symmetric int8, zero point 0, weights per channel, activations
per tensor (TensorRT's rules). Calibrated on PNG files as `screenpost preprocess` writes them (what the network sees before `to-tensor`).
usage: quantize.py FLOAT.onnx INT8.onnx --images DIR --mean 128 128 128 --std 128 128 128 [--keep-float NODE ...]
"""
import argparse
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from PIL import Image


class Pictures(CalibrationDataReader):
    def __init__(self, name, files, mean, std):
        self.name, self.files, self.mean, self.std = name, iter(files), np.float32(mean), np.float32(std)

    def get_next(self):
        file = next(self.files, None)
        if file is None:
            return None
        pixels = np.asarray(Image.open(file), dtype=np.float32)
        pixels = pixels[..., None] if pixels.ndim == 2 else pixels
        return {self.name: ((pixels - self.mean) / self.std).transpose(2, 0, 1)[None].astype(np.float32)}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("float_file")
    p.add_argument("int8_file")
    p.add_argument("--images", required=True)
    p.add_argument("--mean", type=float, nargs="+", required=True)
    p.add_argument("--std", type=float, nargs="+", required=True)
    p.add_argument("--keep-float", nargs="*", default=[], help="names of nodes, Softmax and the last linear layers among them")
    a = p.parse_args()
    files = sorted(Path(a.images).glob("*.png"))
    if len(files) < 32:
        raise SystemExit(f"{a.images} holds {len(files)} PNG files; 32 are the least, 100 are better.")
    prepared = f"{a.int8_file}.prepared"
    quant_pre_process(a.float_file, prepared, skip_symbolic_shape=True)
    name = onnx.load(prepared).graph.input[0].name
    quantize_static(prepared, a.int8_file, Pictures(name, files, a.mean, a.std), quant_format=QuantFormat.QDQ, per_channel=True,
                    activation_type=QuantType.QInt8, weight_type=QuantType.QInt8, nodes_to_exclude=a.keep_float,
                    calibrate_method=CalibrationMethod.MinMax,
                    extra_options={"ActivationSymmetric": True, "WeightSymmetric": True, "QuantizeBias": False})
    Path(prepared).unlink()
    print(f"{a.int8_file}: {Path(a.int8_file).stat().st_size / 1e6:.1f} MB from {len(files)} pictures")


if __name__ == "__main__":
    main()
