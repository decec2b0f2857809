"""Writes int8 files of small Keras networks with TensorFlow's converter and AI Edge Quantizer.

usage: keras_nets.py FOLDER
Files: tf_NET.tflite, tf_uint8_NET.tflite (UINT8 at the edges), aeq_NET.tflite; unmade.txt gains a line
NAME: REASON for what a converter cannot write. Exit code 77: TensorFlow or the quantizer is not here.
"""
import os
import sys
import traceback

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
try:
    import keras
    import numpy
    import tensorflow
    from ai_edge_quantizer import quantizer, recipe
    from keras import layers
except ImportError as missing:
    print(f"SKIPPED: {missing} (tests/clients/setup.sh installs it)")
    sys.exit(77)


def lenet():
    return keras.Sequential([
        layers.Input((28, 28, 1)), layers.Conv2D(6, 5, padding="same", activation="relu"),
        layers.MaxPooling2D(), layers.Conv2D(16, 5, activation="relu"), layers.AveragePooling2D(2),
        layers.Flatten(), layers.Dense(60, activation="relu"), layers.Dense(10, activation="softmax"),
    ])


def normalized(x, activation=None):
    x = layers.BatchNormalization(momentum=0.8)(x)
    return layers.Activation(activation)(x) if activation else x


def resnet():
    x = inputs = layers.Input((32, 32, 3))
    x = normalized(layers.Conv2D(16, 3, padding="same", use_bias=False)(x), "relu")
    for channels, stride in ((16, 1), (32, 2)):
        y = normalized(layers.Conv2D(channels, 3, stride, "same", use_bias=False)(x), "relu")
        y = normalized(layers.Conv2D(channels, 3, 1, "same", use_bias=False)(y))
        if stride > 1:
            x = normalized(layers.Conv2D(channels, 1, stride, use_bias=False)(x))
        x = layers.ReLU()(layers.Add()([x, y]))
    return keras.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))


def inverted_residual(x, channels, stride, expand, activation, squeeze=False):
    y = normalized(layers.Conv2D(expand, 1, use_bias=False)(x), activation)
    y = normalized(layers.DepthwiseConv2D(3, stride, "same", use_bias=False)(y), activation)
    if squeeze:
        s = layers.GlobalAveragePooling2D(keepdims=True)(y)
        s = layers.Conv2D(8, 1, activation="relu")(s)
        s = layers.Conv2D(expand, 1, activation="hard_sigmoid")(s)
        y = layers.Multiply()([y, s])
    y = normalized(layers.Conv2D(channels, 1, use_bias=False)(y))
    return layers.Add()([x, y]) if stride == 1 and x.shape[-1] == channels else y


def mobile(width, activation, squeeze=False):
    x = inputs = layers.Input((64, 64, 3))
    x = normalized(layers.Conv2D(16, 3, 2, "same", use_bias=False)(x), activation)
    for channels, stride in ((width, 2), (width, 1), (2 * width, 2), (2 * width, 1)):
        x = inverted_residual(x, channels, stride, 4 * x.shape[-1], activation, squeeze)
    x = normalized(layers.Conv2D(8 * width, 1, use_bias=False)(x), activation)
    x = layers.Dropout(0.1)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


def keywords():  # one axis, dilated
    x = inputs = layers.Input((49, 10))
    for dilation in (1, 2, 4):
        x = normalized(layers.Conv1D(24, 3, padding="same", dilation_rate=dilation)(x), "relu")
    return keras.Model(inputs, layers.Dense(12)(layers.GlobalMaxPooling1D()(x)))


def depthwise():
    x = inputs = layers.Input((49, 10, 1))
    x = normalized(layers.Conv2D(32, (10, 4), 2, "same")(x), "relu")
    for kernel, multiplier in ((3, 1), (5, 2)):
        x = layers.DepthwiseConv2D(kernel, padding="same", depth_multiplier=multiplier)(x)
        x = normalized(layers.Conv2D(32, 1)(x), "relu")
    return keras.Model(inputs, layers.Dense(12, activation="softmax")(layers.Flatten()(x)))


def unet():
    x = inputs = layers.Input((32, 32, 3))
    skip = x = layers.Conv2D(8, 3, padding="same")(x)
    x = layers.LeakyReLU(0.1)(x)
    x = layers.Conv2D(16, 3, 2, "same", activation="relu")(x)
    x = layers.Conv2DTranspose(8, 2, 2, "same")(x)
    x = layers.Concatenate()([x, skip])
    x = layers.UpSampling2D(2, interpolation="bilinear")(layers.Conv2D(8, 3, padding="same")(x))
    return keras.Model(inputs, layers.Conv2D(4, 1, activation="sigmoid")(x))


def attention():
    x = inputs = layers.Input((32, 32, 3))
    x = layers.Reshape((16, 24))(layers.Conv2D(24, 8, 8)(x))
    for _ in range(2):
        y = layers.LayerNormalization(epsilon=1e-6)(x)
        x = layers.Add()([x, layers.MultiHeadAttention(2, 12)(y, y)])
        y = layers.Dense(48, activation="gelu")(layers.LayerNormalization(epsilon=1e-6)(x))
        x = layers.Add()([x, layers.Dense(24)(y)])
    return keras.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling1D()(x)))


def recurrent(layer):
    x = inputs = layers.Input((12, 8), batch_size=1)
    return keras.Model(inputs, layers.Dense(4)(layer(16, unroll=True)(x)))


NETS = {
    "lenet": lenet,
    "resnet": resnet,
    "mobile_v2": lambda: mobile(16, "relu6"),
    "mobile_v2_large": lambda: mobile(56, "relu6"),  # above 256 KiB
    "mobile_v3": lambda: mobile(16, "hard_swish", squeeze=True),
    "keywords": keywords,
    "depthwise": depthwise,
    "unet": unet,
    "attention": attention,
    "lstm": lambda: recurrent(layers.LSTM),
    "gru": lambda: recurrent(layers.GRU),
}


def samples(model):
    rng = numpy.random.default_rng(1)
    shape = (1, *model.input_shape[1:])
    for _ in range(32):
        yield rng.standard_normal(shape).astype("float32")


def by_tensorflow(model, edges=None):
    converter = tensorflow.lite.TFLiteConverter.from_keras_model(model)
    if edges is not None:
        converter.optimizations = [tensorflow.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([x] for x in samples(model))
        converter.target_spec.supported_ops = [tensorflow.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = edges
    return converter.convert()


def by_quantizer(model, path):  # a file beside it, for a while
    floats = path + ".float"
    with open(floats, "wb") as file:
        file.write(by_tensorflow(model))
    try:
        tool = quantizer.Quantizer(floats, recipe.static_wi8_ai8())
        signatures = tensorflow.lite.Interpreter(floats).get_signature_list()
        name, (argument,) = next((n, s["inputs"]) for n, s in signatures.items())
        statistics = tool.calibrate({name: [{argument: x} for x in samples(model)]})
        return bytes(tool.quantize(statistics).quantized_model)
    finally:
        os.remove(floats)


def main(folder):
    writers = {
        "tf": lambda model, path: by_tensorflow(model, tensorflow.int8),
        "tf_uint8": lambda model, path: by_tensorflow(model, tensorflow.uint8),
        "aeq": by_quantizer,
    }
    for net, make in NETS.items():
        keras.utils.set_random_seed(3)
        model = make()
        for x in samples(model):  # real statistics of batches
            model(x, training=True)
        for tool, write in writers.items():
            if tool == "tf_uint8" and net not in ("lenet", "mobile_v2"):
                continue
            path = os.path.join(folder, f"{tool}_{net}.tflite")
            try:
                data = write(model, path)
            except Exception as error:  # a converter's own
                lines = traceback.format_exception_only(error)[-1].strip().splitlines()
                with open(os.path.join(folder, "unmade.txt"), "a") as file:
                    file.write(f"{tool}_{net}: {lines[0][:160]}\n")
                continue
            with open(path, "wb") as file:
                file.write(data)


main(*sys.argv[1:])
