#!/usr/bin/env python3
"""Writes tests/interop/keras/: a small network of Keras 3 with random weights in each of its files,
and what it gives (net.npz: x [2, 8, 8, 3], y [2, 4]).

usage: make_keras_weights.py     (pip install keras==3.15.1 jax h5py; writes beside the tests)
"""
import os
import pathlib

os.environ["KERAS_BACKEND"] = "jax"
import keras  # noqa: E402
import numpy  # noqa: E402

L = keras.layers


def network():
    x = inputs = keras.Input((8, 8, 3))
    # Keras numbers layers of one kind: "stem" is kept as conv2d, and conv2d as conv2d_1.
    x = L.Conv2D(4, 3, name="stem")(x)
    x = L.Conv2D(4, (1, 3), use_bias=False, name="conv2d")(x)
    x = L.BatchNormalization(name="norm")(x)
    x = L.DepthwiseConv2D(3, depth_multiplier=2, name="depthwise")(x)
    block = keras.Sequential([L.Conv2D(4, 1, name="conv"), L.BatchNormalization(name="norm")],
                             name="block")
    x = L.ReLU()(block(x))
    x = L.Conv2DTranspose(4, 2, strides=2, name="up")(x)
    x = L.Flatten()(x)
    return keras.Model(inputs, L.Dense(4, name="fc")(x))


def main():
    random = numpy.random.default_rng(1)
    net = network()
    for w in net.weights:
        low, high = (0.5, 1.5) if "variance" in w.path or "gamma" in w.path else (-0.5, 0.5)
        w.assign(random.uniform(low, high, w.shape).astype("f4"))
    folder = pathlib.Path(__file__).parent.parent / "interop/keras"
    net.save_weights(folder / "net.weights.h5")
    net.save(folder / "net.keras")
    net.save(folder / "keras2.h5")
    x = random.standard_normal((2, 8, 8, 3)).astype("f4")
    numpy.savez_compressed(folder / "net.npz", x=x, y=net.predict(x, verbose=0))
    numpy.savez_compressed(folder / "paths.npz", **{w.path: w.numpy() for w in net.weights})


main()
